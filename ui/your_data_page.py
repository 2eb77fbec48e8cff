"""The HTML of what a customer sees of his own data, in English and Simplified Chinese."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from agent import Forgotten, Profile

from .dates import day_text
from .plain_page import plain_page


@dataclass(frozen=True, slots=True)
class YourDataWording:
    """Texts with fields are filled by ``str.format``."""

    code: str
    title: str
    intro: str
    conversations: str
    nothing_yet: str
    may_write_first: str
    may_not_write_first: str
    may_use_history: str
    may_not_use_history: str
    promised: str
    promise: str
    waiting: str
    done: str
    download: str
    delete: str
    delete_what: str
    sure: str
    deleted: str
    back: str
    nobody: str
    stale: str
    operations: dict[str, str]
    """What may have been promised, by operation."""


_ENGLISH = YourDataWording(
    code="en",
    title="Your data",
    intro="What our assistant keeps of you:",
    conversations="{conversations} conversations with {messages} messages, {first} to {last}.",
    nothing_yet="No conversation yet.",
    may_write_first="We may write to you first.",
    may_not_write_first="We do not write to you unasked.",
    may_use_history="What you bought and looked at is used for recommendations.",
    may_not_use_history="What you bought and looked at is not used for recommendations.",
    promised="What you were promised",
    promise="{operation}, order {order}: {state} on {day}",
    waiting="waits for a person since",
    done="done",
    download="Download all of it",
    delete="Delete it",
    delete_what="This deletes your conversations, what you looked at, what was worked out from it, and open requests. "
    "Your orders and published reviews stay with the shop, and so does your wish not to be written to.",
    sure="Yes, delete it for good",
    deleted="Deleted: {conversations} conversations, {messages} messages and {events} things you looked at.",
    back="Back to the chat",
    nobody="Please open this page from the chat.",
    stale="The form was open for too long. Please try again.",
    operations={
        "cancel_order": "Cancellation",
        "change_order_address": "New address",
        "change_order_payment": "New payment method",
        "change_order_items": "Change of items",
        "return_items": "Return",
        "exchange_items": "Exchange",
        "change_account_address": "New account address",
    },
)
_CHINESE = YourDataWording(
    code="zh-CN",
    title="您的数据",
    intro="以下是我们的助手保存的关于您的内容：",
    conversations="{conversations} 次对话，共 {messages} 条消息，{first} 至 {last}。",
    nothing_yet="还没有对话。",
    may_write_first="我们可以主动给您发消息。",
    may_not_write_first="我们不会主动给您发消息。",
    may_use_history="您购买和浏览过的商品会用于推荐。",
    may_not_use_history="您购买和浏览过的商品不会用于推荐。",
    promised="已答应您的事",
    promise="{operation}，订单 {order}：{state}（{day}）",
    waiting="等待人工处理",
    done="已完成",
    download="下载全部",
    delete="删除",
    delete_what="将删除您的对话、浏览记录、由此得出的内容以及未完成的申请。"
    "您的订单和已发表的评价仍由商家保留，您不希望被打扰的要求也会保留。",
    sure="是的，永久删除",
    deleted="已删除：{conversations} 次对话、{messages} 条消息和 {events} 条浏览记录。",
    back="返回聊天",
    nobody="请从聊天页面打开此页。",
    stale="页面打开时间过长，请重试。",
    operations={
        "cancel_order": "取消订单",
        "change_order_address": "修改收货地址",
        "change_order_payment": "修改付款方式",
        "change_order_items": "更换商品",
        "return_items": "退货",
        "exchange_items": "换货",
        "change_account_address": "修改账户地址",
    },
)
YOUR_DATA = {"en": _ENGLISH, "zh": _CHINESE}


def profile_html(
    words: YourDataWording, shop: str, name: str, profile: Profile, query: str, csrf: str, problem: str = ""
) -> str:
    """What is kept, a way to take it along, and one to delete it. ``name``: the customer's, may be empty; ``query``
    goes on with every address."""
    alert = f'<p class="problem" role="alert">{escape(problem)}</p>' if problem else ""
    talked = words.nothing_yet
    if profile.first_at is not None and profile.last_at is not None:
        talked = words.conversations.format(
            conversations=profile.conversations,
            messages=profile.messages,
            first=day_text(profile.first_at, words.code),
            last=day_text(profile.last_at, words.code),
        )
    facts = [
        *([name] if name else []),
        talked,
        words.may_write_first if profile.may_write_first else words.may_not_write_first,
        words.may_use_history if profile.may_use_history else words.may_not_use_history,
    ]
    body = (
        f"<h1>{escape(words.title)}</h1>{alert}<p>{escape(words.intro)}</p>{_list(facts)}"
        f"{_promises(words, profile)}"
        f'<a class="button" href="/your-data/export{escape(query)}" download>{escape(words.download)}</a>'
        f"<details><summary>{escape(words.delete)}</summary><p>{escape(words.delete_what)}</p>"
        f'<form method="post" action="/your-data/delete{escape(query)}">'
        f'<input type="hidden" name="csrf" value="{escape(csrf)}">'
        f'<button type="submit" class="grave">{escape(words.sure)}</button></form></details>{_back(words, query)}'
    )
    return plain_page(words.code, shop, body, words.title)


def deleted_html(words: YourDataWording, shop: str, forgotten: Forgotten, query: str) -> str:
    """What is gone."""
    told = words.deleted.format(
        conversations=forgotten.conversations, messages=forgotten.messages, events=forgotten.events
    )
    body = f'<h1>{escape(words.title)}</h1><p role="status">{escape(told)}</p>{_back(words, query)}'
    return plain_page(words.code, shop, body, words.title)


def nobody_html(words: YourDataWording, shop: str) -> str:
    """To a visitor who is no customer."""
    return plain_page(
        words.code, shop, f'<h1>{escape(words.title)}</h1><p role="alert">{escape(words.nobody)}</p>', words.title
    )


def _promises(words: YourDataWording, profile: Profile) -> str:
    if not profile.promised:
        return ""
    lines = [
        words.promise.format(
            operation=words.operations.get(one.operation, one.operation.replace("_", " ")),
            order=one.order_id or "–",
            state=words.done if one.state == "done" else words.waiting,
            day=day_text(one.at, words.code),
        )
        for one in profile.promised
    ]
    return f"<h2>{escape(words.promised)}</h2>{_list(lines)}"


def _list(lines: list[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(one)}</li>" for one in lines) + "</ul>"


def _back(words: YourDataWording, query: str) -> str:
    return f'<p class="back"><a href="/{escape(query)}">{escape(words.back)}</a></p>'
