"""Every text of the page, in English and Simplified Chinese; nothing else on the page is written by hand.

``WORDING["en"].send`` is one text. Texts with fields are filled by ``str.format``. What the agent says is not here:
it comes in the customer's language already.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Wording:
    """The page's texts in one language."""

    code: str
    """BCP 47, as it goes into the page's ``lang``."""
    title: str
    assistant: str
    a_program: str
    """Says that a program answers; always on the page."""
    staff: str
    you: str
    hello: str
    hello_named: str
    can_do: str
    before_you_asked: str
    """Label of a message that the customer did not ask for."""
    examples_label: str
    examples: tuple[str, ...]
    demo_example: str
    """A question about goods; only the demo shop is known to have them."""
    ask: str
    ask_hint: str
    send: str
    attach: str
    attach_says: str
    attach_send: str
    attach_cancel: str
    attach_failed: str
    attach_too_large: str
    attach_too_many: str
    attach_kind: str
    attach_preview: str
    your_picture: str
    customer: str
    transcript: str
    working: str
    new_message: str
    to_newest: str
    stopped: str
    failed: str
    no_customer: str
    no_pass: str
    pass_refused: str
    reload: str
    slower: str
    yes: str
    no: str
    confirm: str
    decline: str
    choose: str
    handed_over: str
    compare: str
    compare_unknown: str
    compare_reviews: str
    why_this: str
    why_asked: str
    order_steps: str
    steps: Mapping[str, str]
    """Kind of an order's step -> what it is called once it is done."""
    steps_open: Mapping[str, str]
    """The same while it is still to come, where that is said otherwise."""
    step_promised: str
    step_late: str
    step_to_come: str
    rating: str
    rating_label: str
    no_rating: str
    in_stock: str
    out_of_stock: str
    from_price: str
    no_price: str
    more: str
    more_question: str
    picture_of: str
    to_console: str
    your_data: str
    why_got: str
    less: str
    about_note: str
    tab_reviews: str
    reviews_head: str
    reviews_text: str
    reviews_file: str
    reviews_column: str
    reviews_column_hint: str
    reviews_start: str
    reviews_stop: str
    reviews_reading: str
    reviews_progress: str
    reviews_done: str
    reviews_stopped: str
    reviews_download: str
    reviews_rejected: str
    reviews_shares: str
    reviews_mean: str
    reviews_count: str
    reviews_no_file: str
    reviews_no_rows: str
    positive: str
    neutral: str
    negative: str
    stars_axis: str
    happiest: str
    unhappiest: str
    findings_head: str
    findings_category: str
    findings_all: str
    findings_pick: str
    findings_sentence: str
    findings_none: str
    findings_no_aspects: str
    findings_cost_axis: str
    findings_months_axis: str
    findings_aspect: str
    findings_review: str


_ENGLISH = Wording(
    code="en",
    title="Shop assistant",
    assistant="Assistant",
    a_program="A program answers here. Ask for a person at any time.",
    staff="Staff",
    you="You",
    hello="Hello, how can I help?",
    hello_named="Hello {name}, how can I help?",
    can_do="I can look up your orders and deliveries, find products that fit you, and tell you what other customers "
    "say about them.",
    before_you_asked="A note for you",
    examples_label="For example",
    examples=(
        "Where is my last order?",
        "Recommend something for me",
        "I would like to talk to a person",
    ),
    demo_example="Waterproof hiking boots under 150 euros",
    ask="Your message",
    ask_hint="Write a message…",
    send="Send",
    attach="Send a picture",
    attach_says="The program cannot see pictures. A person will look at it and answer you here.",
    attach_send="Send to a person",
    attach_cancel="Cancel",
    attach_failed="The picture could not be sent. Please try again.",
    attach_too_large="This picture is too large.",
    attach_too_many="That was a lot of pictures. Please wait a while.",
    attach_kind="This file is not a picture that can be sent. JPEG, PNG and WebP can.",
    attach_preview="The picture that you chose",
    your_picture="The picture that you sent",
    customer="Logged in as",
    transcript="Conversation",
    working="One moment…",
    new_message="New message",
    to_newest="New message ↓",
    stopped="Stopped.",
    failed="Sorry, something went wrong on our side. Your message is kept; please try again.",
    no_customer="Choose a customer above to begin.",
    no_pass="Please open this chat from your account in the shop: it needs to know who you are.",
    pass_refused="This link is no longer valid. Please open the chat from your account in the shop again.",
    reload="The page has been away for a while. Please reload it.",
    slower="That was a lot at once. Please wait a moment and send it again.",
    yes="Yes",
    no="No",
    confirm="Yes, do it",
    decline="No, leave it",
    choose="Choose one",
    handed_over="A person will take over from here.",
    compare="Products side by side",
    compare_unknown="not said",
    compare_reviews="Reviews",
    why_this="Why this?",
    why_asked="It fits what you asked for.",
    order_steps="Order {order}, step by step",
    steps={
        "placed": "Ordered",
        "paid": "Paid",
        "cancelled": "Cancelled",
        "sent": "Sent",
        "on_way": "On its way",
        "arrived": "Arrived",
        "return_asked": "Return asked for",
        "exchange_asked": "Exchange asked for",
        "exchanged": "Exchanged",
        "refunded": "Refunded",
        "declined": "Declined",
    },
    steps_open={
        "sent": "Being packed",
        "arrived": "Arrives",
        "exchanged": "Waiting for the goods to come back",
        "refunded": "Waiting for the goods to come back",
    },
    step_promised="by {day}",
    step_late="late",
    step_to_come="to come",
    rating="{stars} ({count})",
    rating_label="{stars} of 5 stars from {count} reviews",
    no_rating="No reviews yet",
    in_stock="In stock",
    out_of_stock="Out of stock",
    from_price="from {price}",
    no_price="Price on request",
    more="What others say",
    more_question="What do reviewers say about {title}?",
    picture_of="Picture of {title}",
    to_console="Merchant's console",
    your_data="Your data",
    why_got="Why did I get this?",
    less="Less of this, please",
    about_note="About this note",
    tab_reviews="Reviews",
    reviews_head="What are your reviews saying?",
    reviews_text="Upload a file of reviews (CSV, TSV, JSONL or Parquet, also .gz). Each text gets its sentiment and "
    "expected stars. The file stays on this machine.",
    reviews_file="File with reviews",
    reviews_column="Column with the text",
    reviews_column_hint="Leave empty to have it found",
    reviews_start="Score the reviews",
    reviews_stop="Stop",
    reviews_reading="Reading the file…",
    reviews_progress="{done} reviews read",
    reviews_done="Done: {count} reviews in {seconds} s.",
    reviews_stopped="Stopped. Nothing was kept.",
    reviews_download="Scored file",
    reviews_rejected="{count} rows could not be read; they are in their own file, each with its reason.",
    reviews_shares="How customers feel",
    reviews_mean="Expected stars",
    reviews_count="Reviews",
    reviews_no_file="Choose a file first.",
    reviews_no_rows="The file has no review in it.",
    positive="Positive",
    neutral="Neutral",
    negative="Negative",
    stars_axis="Expected stars",
    happiest="Happiest",
    unhappiest="Least happy",
    findings_head="What your customers complain of",
    findings_category="Category",
    findings_all="The whole shop",
    findings_pick="Aspect",
    findings_sentence="{count} reviews read, {stars} stars on average, {share} % of them negative.",
    findings_none="No review has been read yet. Import reviews, or wait until those that are there have been read.",
    findings_no_aspects="None of their aspects is named often enough yet.",
    findings_cost_axis="Stars that complaints cost",
    findings_months_axis="Share of complaints: {aspect}",
    findings_aspect="{aspect}: named in {mentions} reviews, {negative} of them complain. "
    "The complaints cost {cost} stars of the average (95 % interval {low} to {high}).",
    findings_review="review",
)

_CHINESE = Wording(
    code="zh-CN",
    title="商店助手",
    assistant="智能助手",
    a_program="这里由程序自动回答。您随时可以要求转人工。",
    staff="客服",
    you="您",
    hello="您好，请问有什么可以帮您？",
    hello_named="{name}，您好！请问有什么可以帮您？",
    can_do="我可以查询您的订单和物流、为您挑选合适的商品，也可以告诉您其他顾客的评价。",
    before_you_asked="给您的提醒",
    examples_label="您可以这样问",
    examples=("我最近的订单到哪儿了？", "给我推荐几样商品", "我想找人工客服"),
    demo_example="150欧元以内的防水登山靴",
    ask="您的消息",
    ask_hint="请输入消息…",
    send="发送",
    attach="发送图片",
    attach_says="程序看不到图片，会有人工客服查看并在这里回复您。",
    attach_send="发给人工客服",
    attach_cancel="取消",
    attach_failed="图片发送失败，请再试一次。",
    attach_too_large="图片太大了。",
    attach_too_many="您发送的图片较多，请稍后再试。",
    attach_kind="无法发送这个文件，请选择 JPEG、PNG 或 WebP 图片。",
    attach_preview="您选择的图片",
    your_picture="您发送的图片",
    customer="当前顾客",
    transcript="对话",
    working="请稍候…",
    new_message="新消息",
    to_newest="新消息 ↓",
    stopped="已停止。",
    failed="抱歉，我们这边出了点问题。您的消息已保留，请再试一次。",
    no_customer="请先在上方选择一位顾客。",
    no_pass="请从商店的个人账户中打开此对话，这样我们才知道您是谁。",
    pass_refused="此链接已失效，请从商店的个人账户中重新打开对话。",
    reload="页面闲置已久，请重新加载。",
    slower="您发送得太快了，请稍等片刻再发送。",
    yes="是",
    no="否",
    confirm="是，请办理",
    decline="否，不用了",
    choose="请选择",
    handed_over="接下来由人工客服为您服务。",
    compare="商品对比",
    compare_unknown="未说明",
    compare_reviews="评价",
    why_this="为什么推荐？",
    why_asked="符合您的要求。",
    order_steps="订单 {order} 的进度",
    steps={
        "placed": "已下单",
        "paid": "已付款",
        "cancelled": "已取消",
        "sent": "已发货",
        "on_way": "运输中",
        "arrived": "已送达",
        "return_asked": "已申请退货",
        "exchange_asked": "已申请换货",
        "exchanged": "已换货",
        "refunded": "已退款",
        "declined": "未通过",
    },
    steps_open={
        "sent": "备货中",
        "arrived": "送达",
        "exchanged": "等待商品寄回",
        "refunded": "等待商品寄回",
    },
    step_promised="预计 {day}前",
    step_late="已延误",
    step_to_come="尚未完成",
    rating="{stars}（{count}）",
    rating_label="{count} 条评价，平均 {stars} 星（满分 5 星）",
    no_rating="暂无评价",
    in_stock="有货",
    out_of_stock="缺货",
    from_price="{price} 起",
    no_price="价格请咨询",
    more="大家怎么评价？",
    more_question="大家怎么评价{title}？",
    picture_of="{title}的图片",
    to_console="商家管理台",
    your_data="您的数据",
    why_got="为什么我会收到这条消息？",
    less="请少发这类消息",
    about_note="关于这条提醒",
    tab_reviews="评价分析",
    reviews_head="顾客在评价里说了什么？",
    reviews_text="上传评价文件（CSV、TSV、JSONL 或 Parquet，也可为 .gz）。"
    "每条文本都会得到情感倾向和预期星级。文件不会离开本机。",
    reviews_file="评价文件",
    reviews_column="文本所在的列",
    reviews_column_hint="留空则自动识别",
    reviews_start="开始分析",
    reviews_stop="停止",
    reviews_reading="正在读取文件…",
    reviews_progress="已读 {done} 条评价",
    reviews_done="完成：{count} 条评价，用时 {seconds} 秒。",
    reviews_stopped="已停止，未保留任何结果。",
    reviews_download="分析结果文件",
    reviews_rejected="有 {count} 行无法读取，已连同原因另存为文件。",
    reviews_shares="顾客感受",
    reviews_mean="预期星级",
    reviews_count="评价数",
    reviews_no_file="请先选择文件。",
    reviews_no_rows="文件中没有评价。",
    positive="好评",
    neutral="中评",
    negative="差评",
    stars_axis="预期星级",
    happiest="最满意",
    unhappiest="最不满意",
    findings_head="顾客在抱怨什么",
    findings_category="类别",
    findings_all="全店",
    findings_pick="方面",
    findings_sentence="已读 {count} 条评价，平均 {stars} 星，其中 {share} % 为差评。",
    findings_none="还没有读过任何评价。请导入评价，或稍候片刻。",
    findings_no_aspects="还没有哪个方面被足够多地提到。",
    findings_cost_axis="差评造成的星级损失",
    findings_months_axis="差评占比：{aspect}",
    findings_aspect="{aspect}：{mentions} 条评价提到，其中 {negative} 条为抱怨。"
    "这些抱怨使平均星级降低 {cost}（95 % 区间 {low} 至 {high}）。",
    findings_review="评价",
)

WORDING = {"en": _ENGLISH, "zh": _CHINESE}


def pick_language(*wanted: str | None) -> str:
    """The first of ``wanted`` that the page speaks, as a key of ``WORDING``; English if none.

    Each may be a language tag ("zh-Hans-CN"), or a browser's Accept-Language ("fr,zh-CN;q=0.8,en;q=0.5").
    """
    for tags in wanted:
        for tag in _by_preference(tags or ""):
            if tag in WORDING:
                return tag
    return "en"


def wording(language: str | None) -> Wording:
    """The page's texts for a language tag."""
    return WORDING[pick_language(language)]


def _by_preference(accept: str) -> list[str]:
    ranked: list[tuple[float, str]] = []
    for part in accept.split(","):
        tag, _, quality = part.strip().partition(";q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            weight = 0.0
        if weight > 0:
            ranked.append((-weight, tag.replace("_", "-").split("-")[0].lower()))
    return [tag for _, tag in sorted(ranked, key=lambda one: one[0])]


TEXT_NAMES = tuple(field.name for field in fields(Wording))
