"""A customer's main paths through the chat, at desk and phone width, in both languages."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from store.demo import demo_customers

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1200)]
ANSWERED = """count => {
    const all = [...document.querySelectorAll('.bubble')];
    return all.filter(one => one.classList.contains('customer')).length === count
        && !document.querySelector('.bubble[aria-busy]') && all.at(-1).classList.contains('assistant');
}"""
Keep = Callable[["Page", str], None]
Check = Callable[["Page"], None]


def choose(page: Page, name: str) -> None:
    page.locator("#customer input").click()
    page.get_by_role("option").filter(has_text=name).click()
    page.wait_for_function("name => document.querySelector('.bubble').innerText.includes(name)", arg=name.split()[0])


def ask(page: Page, text: str) -> None:
    """Write a message, send it with Enter and wait for the whole answer."""
    before = page.locator(".bubble.customer").count()
    box = page.locator("#message textarea")
    box.fill(text)
    box.press("Enter")
    page.wait_for_function(ANSWERED, arg=before + 1)


def test_a_customer_is_written_to_and_chats(window: Any, served: Any, picture: Keep, accessible: Check) -> None:
    page = window(1200, 1120)
    assert page.title() == served.shop.config.shop.name
    assert "A program answers" in page.locator("#head").inner_text()
    people = [one for one in demo_customers(served.shop.database) if one.language == "en"]
    customer = next(one for one in people if served.shop.decide(one.id).text)
    choose(page, customer.name)
    picture(page, "desk-welcome")

    # The proactive message comes by itself: no reload, and what was there is not drawn again.
    page.evaluate("window.here = true; document.querySelectorAll('.turn').forEach(one => one.kept = true)")
    before = page.locator(".turn").count()
    sent = {one.customer_id for one in served.shop.proactive.tick() if one.message_id}
    assert customer.id in sent
    page.wait_for_selector(".bubble.unasked")
    assert page.evaluate("window.here") is True
    assert page.evaluate("[...document.querySelectorAll('.turn')].filter(one => one.kept).length") == before
    assert "cart" in page.locator(".bubble.unasked").inner_text()
    picture(page, "desk-proactive")

    ask(page, "Recommend something for me")
    cards = page.locator(".bubble").last.locator(".card")
    assert cards.count() >= 3
    first = cards.first.inner_text()
    assert "€" in first
    assert "Because" not in first
    why = cards.first.locator("details.why")
    why.locator("summary").focus()
    page.keyboard.press("Enter")
    assert "Why this?" in why.inner_text()
    assert len(why.locator("p").inner_text()) > 5
    page.wait_for_function("[...document.querySelectorAll('.card img')].every(one => one.naturalWidth > 0)")
    assert page.locator("#message textarea").input_value() == ""
    accessible(page)
    picture(page, "desk-cards")

    # What a customer writes is text.
    ask(page, "<img src=x onerror=alert(1)> <b>bold</b>")
    assert "<b>bold</b>" in page.locator(".bubble.customer").last.inner_text()
    assert page.locator(".bubble.customer img, .bubble.customer b").count() == 0

    # After a reload the conversation is there again.
    said = page.locator(".bubble.customer").count()
    page.reload()
    page.wait_for_selector(".bubble")
    page.wait_for_function("count => document.querySelectorAll('.bubble.customer').length === count", arg=said)


def test_what_is_written_while_a_message_is_on_its_way_stays(window: Any) -> None:
    page = window()
    before = page.locator(".bubble.customer").count()
    held: list[Any] = []
    page.route("**/gradio_api/queue/join*", lambda one: one.continue_() if held else held.append(one))
    box = page.locator("#message textarea")
    box.fill("Where is my order?")
    box.press("Enter")
    page.wait_for_function("document.querySelector('#message textarea').value === ''")
    box.fill("And are there mugs?")
    while not held:
        page.wait_for_timeout(20)
    held[0].continue_()
    page.wait_for_function(ANSWERED, arg=before + 1)
    assert box.input_value() == "And are there mugs?"


def test_with_the_keyboard_alone(window: Any) -> None:
    page = window()
    choose(page, "James")
    example = page.locator(".choice").first
    question = example.inner_text()
    example.focus()
    page.keyboard.press("Enter")
    page.wait_for_function(ANSWERED, arg=1)
    assert question in page.locator(".bubble.customer").inner_text()
    assert page.locator(".transcript .choice:enabled").count() == 0
    assert page.get_by_role("log", name="Conversation").count() == 1
    assert page.get_by_role("textbox", name="Your message").count() == 1


@pytest.mark.parametrize(("width", "height", "scheme"), [(1280, 860, "dark"), (390, 844, "light")])
def test_in_chinese(window: Any, picture: Keep, accessible: Check, width: int, height: int, scheme: str) -> None:
    page = window(width, height, locale="zh-CN", scheme=scheme)
    choose(page, "王小雨")
    page.wait_for_function("document.documentElement.lang === 'zh-CN'")
    assert "程序" in page.locator("#head").inner_text()
    assert page.locator("#message textarea").get_attribute("placeholder") == "请输入消息…"
    assert page.get_by_role("link", name="商家管理台").count() == 1
    before = page.locator(".bubble.customer").count()
    ask(page, "给我推荐几样商品")
    assert page.locator(".card").count() >= 3
    assert "为什么推荐" in page.locator(".card").last.inner_text()
    assert page.locator(".bubble.customer").count() == before + 1
    accessible(page)
    picture(page, f"chinese-{width}-{scheme}")
    choose(page, "Emma")
    page.wait_for_function("document.documentElement.lang === 'en'")
    assert page.locator("#message textarea").get_attribute("placeholder") == "Write a message…"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_nothing_is_cut_off(window: Any, picture: Keep, accessible: Check, scheme: str) -> None:
    page = window(390, 844, scheme=scheme)
    choose(page, "James")
    ask(page, "Where is my order?")
    steps = page.locator(".order").last
    assert "Ordered" in steps.inner_text()
    assert steps.locator("[aria-current=step]").count() == 1
    accessible(page)
    picture(page, f"phone-order-{scheme}")
    choose(page, "Sofia")
    ask(page, "Recommend something for me")
    picture(page, f"phone-cards-{scheme}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    send = page.locator("#message .submit-button").bounding_box()
    assert send is not None
    assert send["x"] + send["width"] <= 390
    assert send["y"] + send["height"] <= 844
    assert send["height"] >= 36
    question = page.locator(".bubble.customer").last.bounding_box()
    log = page.locator(".transcript").bounding_box()
    assert question is not None
    assert log is not None
    assert question["y"] >= log["y"], "the customer's own question stays in view above a long answer"
    ask(page, "Waterproof hiking boots under 150 euros")
    # A new question moves up so that its answer has room.
    page.wait_for_function(
        "top => { const y = [...document.querySelectorAll('.bubble.customer')].at(-1).getBoundingClientRect().y;"
        " return top <= y && y <= top + 200 }",
        arg=log["y"],
    )
    # The box grows, in a low window too (a phone's keyboard is open), and stays in view.
    page.set_viewport_size({"width": 390, "height": 520})
    page.locator("#message textarea").fill("one\ntwo\nthree\nfour\nfive")
    page.wait_for_function(
        "() => { const box = document.querySelector('#write').getBoundingClientRect();"
        " return box.height > 90 && box.bottom <= innerHeight }"
    )


def test_one_script_puts_the_chat_into_another_page(window: Any, served: Any) -> None:
    page = window()
    page.evaluate("document.body.replaceChildren()")
    page.add_script_tag(url="/widget.js")
    button = page.get_by_role("button", name="Chat")
    button.focus()
    page.keyboard.press("Enter")
    page.frame_locator("iframe").locator(".bubble").first.wait_for()
    assert button.get_attribute("aria-expanded") == "true"
    button.click()
    assert page.locator("iframe").is_hidden()


def test_a_customer_sees_and_deletes_his_own_data(window: Any, served: Any, picture: Keep, accessible: Check) -> None:
    page = window(390, 844, locale="zh-CN", path="/?customer=C1017")
    ask(page, "你好")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="您的数据").click()
    own = opened.value
    own.wait_for_selector("h1")
    assert "1 次对话，共 2 条消息" in own.locator("main").inner_text()
    accessible(own)
    picture(own, "phone-your-data-zh")
    with own.expect_download() as file:
        own.get_by_role("link", name="下载全部").click()
    assert file.value.suggested_filename == "your-data.json"
    own.locator("summary").click()
    picture(own, "phone-your-data-delete-zh")
    accessible(own)
    own.get_by_role("button", name="是的，永久删除").click()
    own.get_by_role("status").wait_for()
    assert "已删除：1 次对话、2 条消息" in own.get_by_role("status").inner_text()
    own.get_by_role("link", name="返回聊天").click()
    own.wait_for_selector(".bubble")
    assert own.locator(".bubble.customer").count() == 0
