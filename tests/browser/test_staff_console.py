"""The merchant's, the service agent's and the engineer's main paths through the console, in a real browser."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from agent import Session
from store.demo import demo_customers

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1200)]
NO_NOTE = """() => {
  const box = document.querySelector("#approval-note textarea, #approval-note input");
  return !box || !box.offsetParent || box.value === "";
}"""
Keep = Callable[["Page", str], None]
TABS = {
    "today": ("Today", "今天", "#today-told .tiles"),
    "reviews": ("Reviews", "评价分析", "#findings-told p"),
    "customers": ("Customers", "顾客", "#people table"),
    "decisions": ("Decisions", "决策", "#decisions-told .tiles"),
    "inbox": ("Service inbox", "客服收件箱", "#waiting h2"),
    "data": ("Data", "数据", "#data-state table"),
    "settings": ("Settings", "设置", "#settings table"),
}


def console(window: Any, width: int = 1280, height: int = 900, **looks: str) -> Page:
    page: Page = window(width, height, path="/console", ready="#today-told .tiles", **looks)
    return page


def go(page: Page, name: str) -> None:
    """Open a tab, through the menu where the width has no room for it."""
    shown, there = page.locator("#tabs [role=tab]:visible").filter(has_text=name), page.locator(".overflow-menu button")
    if shown.count():
        shown.first.click()
        return
    there.first.click()
    page.locator(".overflow-dropdown button").filter(has_text=name).click()


@pytest.mark.parametrize(
    ("width", "height", "locale", "scheme"), [(1280, 900, "en-US", "light"), (390, 844, "zh-CN", "dark")]
)
def test_every_view_is_drawn_and_accessible(
    window: Any, picture: Keep, accessible: Callable[[Page], None], width: int, height: int, locale: str, scheme: str
) -> None:
    page = console(window, width, height, locale=locale, scheme=scheme)
    for name, (english, chinese, ready) in TABS.items():
        go(page, chinese if locale == "zh-CN" else english)
        page.wait_for_selector(ready)
        page.wait_for_timeout(400)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        accessible(page)
        picture(page, f"console-{name}-{width}")


def test_a_number_leads_to_its_rows_and_a_customer_to_the_whole_story(
    window: Any, served: Any, picture: Keep, accessible: Callable[[Page], None]
) -> None:
    page = console(window)
    page.locator("#today-told .facts .carts button").click()
    page.wait_for_selector("#today-rows tbody tr")
    customer = page.locator("#today-rows tbody button").first
    name = customer.inner_text()
    customer.click()
    page.wait_for_selector("#story .story li")
    assert name in page.locator("#story h2").inner_text()
    accessible(page)
    picture(page, "console-story")
    page.locator("#find-customer textarea, #find-customer input").fill("no such person")
    page.locator("#find-customer textarea, #find-customer input").press("Enter")
    page.get_by_text("Nobody is found").wait_for()


def test_the_ledger_says_why_and_other_settings_are_tried_kept_and_taken_back(
    window: Any, served: Any, picture: Keep
) -> None:
    served.shop.proactive.tick()
    page = console(window, 390, 844)
    go(page, "Decisions")
    page.locator("#ledger tbody tr td:first-child button").first.click()
    page.wait_for_selector("#decision .sheet table")
    assert "What was known" in page.locator("#decision").inner_text()
    page.get_by_role("button", name="Try them").click()
    cap = page.locator("#dial-proactive-max_per_week input")
    cap.wait_for()
    assert cap.input_value() == "2"
    cap.fill("0")
    page.locator("#settings-try").click()
    page.get_by_text("led to a word").wait_for()
    assert served.shop.config.proactive.max_per_week == 2
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    picture(page, "console-settings-preview")
    page.locator("#settings-keep").click()
    page.get_by_text("they hold from now on").wait_for()
    assert served.shop.config.proactive.max_per_week == 0
    page.locator("#settings-back").click()
    page.get_by_text("back as they were before").wait_for()
    assert served.shop.config.proactive.max_per_week == 2


@pytest.mark.parametrize(("width", "locale"), [(1280, "en-US"), (390, "zh-CN")])
def test_a_service_agent_answers_and_gives_back(
    window: Any, served: Any, picture: Keep, width: int, locale: str
) -> None:
    language = "zh" if locale == "zh-CN" else "en"
    customer = [one for one in demo_customers(served.shop.database) if one.language == language][-1]
    wish = "我想找人工客服" if language == "zh" else "I would like to talk to a person"
    reply = served.shop.chat(wish, customer=customer.id)
    page = console(window, width, 844, locale=locale)
    go(page, "客服收件箱" if language == "zh" else "Service inbox")
    page.locator("#waiting button").filter(has_text=customer.name.split()[0]).click()
    page.wait_for_selector("#talk .customer")
    assert wish in page.locator("#talk").inner_text()
    page.locator("#answer textarea").fill("I have looked into it.")
    page.locator("#answer textarea").press("Enter")
    page.wait_for_selector("#talk .staff")
    picture(page, f"console-inbox-{width}")
    page.locator("#give-back").click()
    page.wait_for_selector("#inbox-told .note")
    session = Session.for_staff("test", "owner")
    assert served.shop.agent.conversation(session, reply.conversation_id).state == "agent"


def test_what_is_over_the_limit_is_approved_with_a_note_that_the_customer_reads(
    window: Any, served: Any, picture: Keep, accessible: Callable[[Page], None]
) -> None:
    shop = served.shop
    customer = next(one for one in demo_customers(shop.database) if "can still change it" in one.note)
    shop.change_settings({"agent.approve_refunds_above": {"EUR": "1.00"}})
    try:
        shop.chat("Please cancel my order, I no longer need it", customer=customer.id)
        assert shop.chat("Yes", customer=customer.id).kind != "proposal"
        page = console(window, 390, 844)
        go(page, "Service inbox")
        waiting = page.locator("#approvals .sheet").filter(has_text=customer.name)
        waiting.wait_for()
        accessible(page)
        picture(page, "console-approval-390")
        note = page.locator("#approval-note textarea, #approval-note input").first
        note.fill("Thank you for telling us early.")
        waiting.get_by_role("button", name="Approve").click()
        page.get_by_text("Approved and done").wait_for()
    finally:
        shop.settings_back()
    told = shop.agent.conversation(Session.for_customer(customer.id), None).messages[-1].text
    assert "is cancelled" in told
    assert told.endswith("Thank you for telling us early.")
    # It was told to this one; the next customer must not read it.
    page.wait_for_function(NO_NOTE)


def test_a_look_for_news_that_comes_late_does_not_show_the_conversation_before(window: Any, served: Any) -> None:
    first, second = [one for one in demo_customers(served.shop.database) if one.language == "en"][-4:-2]
    wishes = {first: "I would like to talk to a person", second: "Please let me talk to a human"}
    for customer, wish in wishes.items():
        served.shop.chat(wish, customer=customer.id)
    page = console(window)
    go(page, "Service inbox")
    page.locator("#waiting button").filter(has_text=first.name.split()[0]).click()
    page.get_by_label(f"Your answer to {first.name.split()[0]}").wait_for()
    held: list[Any] = []
    page.route("**/gradio_api/run/**", lambda one: one.continue_() if held else held.append(one))
    while not held:
        page.wait_for_timeout(50)
    page.locator("#waiting button").filter(has_text=second.name.split()[0]).click()
    page.locator("#talk").get_by_text(wishes[second]).wait_for()
    page.evaluate(
        "talk => { window.seen = []; new MutationObserver(() => window.seen.push(talk.innerText))"
        ".observe(talk, { childList: true, subtree: true }) }",
        page.locator("#talk").element_handle(),
    )
    # The look that was held was for the first one; the one after it tells that it has been dealt with.
    with page.expect_request("**/gradio_api/run/**"):
        held[0].continue_()
    assert wishes[second] in page.locator("#talk").inner_text()
    assert not any(wishes[first] in one for one in page.evaluate("window.seen"))
    assert page.get_by_label(f"Your answer to {second.name.split()[0]}").is_visible()


def test_a_picture_from_a_phone_is_seen_by_a_person(
    window: Any, served: Any, picture: Keep, accessible: Callable[[Page], None], tmp_path: Path
) -> None:
    source = tmp_path / "../broken mug.png"
    Image.new("RGB", (3000, 900), "teal").save(source)
    customer = [one for one in demo_customers(served.shop.database) if one.language == "en"][-2]
    chat = window(390, 844, path=f"/?customer={customer.id}")
    chat.locator("#attach input[type=file]").set_input_files(source)
    assert "The program cannot see pictures" in chat.locator(".attach-panel").inner_text()
    accessible(chat)
    picture(chat, "phone-picture")
    chat.get_by_role("button", name="Send to a person").click()
    chat.wait_for_function("document.querySelector('.bubble.customer .sent img')?.naturalWidth === 2048")
    assert "cannot see it" in chat.locator(".bubble.assistant").last.inner_text()
    assert chat.locator(".attach-panel").is_hidden()
    picture(chat, "phone-picture-sent")
    page = console(window)
    go(page, "Service inbox")
    page.locator("#waiting button").filter(has_text=customer.name.split()[0]).click()
    page.wait_for_function("document.querySelector('#talk .customer .sent img')?.naturalWidth === 2048")
    accessible(page)
    picture(page, "console-inbox-picture")


def test_a_file_is_looked_at_imported_and_its_rejects_downloaded(window: Any, picture: Keep, tmp_path: Path) -> None:
    source = tmp_path / "sales.csv"
    source.write_text(
        "Invoice No,Customer,Invoice Date,StockCode,Description,Quantity,Price\n"
        "X1,C1,2026-01-02,P1,<b>Mug</b>,2,3.50\nX2,C1,2026-01-02,P1,Mug,many,3.50\n",
        encoding="utf-8",
    )
    page = console(window)
    page.get_by_role("tab", name="Data").first.click()
    page.locator("#import-file input[type=file]").set_input_files(source)
    page.wait_for_selector("#understood table")
    assert "Understood as orders" in page.locator("#understood").inner_text()
    assert "<b>Mug</b>" in page.locator("#understood").inner_text()
    picture(page, "console-import")
    page.locator("#import-start").click()
    page.get_by_text("1 new").wait_for()
    with page.expect_download() as waited:
        page.locator("#import-rejects a").first.click()
    assert "Quantity" in Path(waited.value.path()).read_text(encoding="utf-8")


def test_a_file_of_reviews_is_scored_and_downloaded(window: Any, picture: Keep, tmp_path: Path) -> None:
    texts = [
        "The battery died within a week and nobody answers my mails.",
        "Absolutely love it, <b>works perfectly</b> and support was kind!",
        "It is okay, nothing special.",
        "质量很好，物流也快，非常满意。",
    ]
    source = tmp_path / "reviews.csv"
    with source.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "review_text"])
        writer.writerows([number, f"{texts[number % 4]} {number}"] for number in range(120))
    page = console(window)
    page.get_by_role("tab", name="Reviews").first.click()
    page.locator("#review-start").click()
    page.get_by_text("Choose a file first.").wait_for()
    page.locator("#review-file input[type=file]").set_input_files(source)
    page.locator("#review-file").get_by_text("reviews.csv").wait_for()
    page.locator("#review-start").click()
    page.locator("[role=progressbar]").wait_for()
    page.wait_for_selector("#review-summary .tiles")
    summary = page.locator("#review-summary").inner_text()
    assert "120" in summary
    assert "<b>works perfectly</b>" in summary
    page.wait_for_selector("#review-plot .main-svg")
    picture(page, "reviews")
    with page.expect_download() as waited:
        page.locator("#review-result a").first.click()
    with Path(waited.value.path()).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 120
    assert [row["sentiment"] for row in rows[:2]] == ["negative", "positive"]
    assert rows[3]["sentiment"] == "positive"
