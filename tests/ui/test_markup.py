"""No text becomes markup, whoever wrote it."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as some

from agent import ComparisonRow, ProductComparison
from ui.bubbles import Bubble, Choice
from ui.markup import bar_html, draw, note_html, text_html
from ui.order_timeline import OrderTimeline, Step
from ui.wording import WORDING, wording

NASTY = '<img src=x onerror="alert(1)"> & <script>alert(2)</script> "quoted" \'single\' ![p](http://evil/p.png)'
ALLOWED = {
    "article", "header", "span", "time", "div", "p", "ul", "ol", "li", "button", "img", "h3", "i", "section",
    "details", "summary", "strong", "em", "a", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip


class Seen(HTMLParser):
    """Collects tags, attributes and text as a browser would see them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def check_harmless(html: str) -> Seen:
    seen = Seen(html)
    assert set(seen.tags) <= ALLOWED
    assert not [name for name, _ in seen.attributes if name.startswith("on")]
    for name, value in seen.attributes:
        if name in {"src", "href"}:
            assert str(value).startswith(("pictures/", "attachments/"))
    return seen


@pytest.mark.parametrize("language", list(WORDING))
def test_nothing_in_a_bubble_is_markup(language: str, make_card) -> None:
    bubble = Bubble(
        NASTY, "assistant", NASTY, (NASTY,), True, False, NASTY, (Choice(NASTY, NASTY),), False,
        (make_card(NASTY, NASTY, why=NASTY),),
        orders=(OrderTimeline(NASTY, (NASTY,), (Step("refunded", "done", None, NASTY),)),), pictures=(NASTY,),
    )  # fmt: skip
    seen = check_harmless(draw(bubble, wording(language)).html)
    assert seen.text.count("<script>alert(2)</script>") >= 8
    assert seen.text.count("http://evil/p.png") >= 8


@given(some.text(max_size=200))
def test_text_comes_out_as_it_went_in(text: str) -> None:
    seen = check_harmless(text_html(text))
    assert set(seen.tags) <= {"p", "ul", "ol", "li"}
    kept = [char for char in seen.text if char.isalpha()]
    assert kept == [char for char in text if char.isalpha()]


def test_lists_are_lists_and_a_date_is_not() -> None:
    assert text_html("Two:\n1. A\n2. B\n\n- x") == "<p>Two:</p><ol><li>A</li><li>B</li></ol><ul><li>x</li></ul>"
    assert text_html("Two:\n1. A\n5. May") == "<p>Two:</p><ol><li>A</li></ol><p>5. May</p>"


def test_a_list_of_products_that_have_cards_is_not_said_twice(make_card) -> None:
    cards = (make_card("P1", "Trail shoe"), make_card("P2", "Rain jacket"))
    listed = "These fit:\n1. Trail shoe, €79.90\n2. Rain jacket, €59.00"
    shown = draw(Bubble("k", "assistant", listed, cards=cards), wording("en")).html
    assert "<ol>" not in shown
    assert "These fit:" in shown
    other = draw(Bubble("k", "assistant", listed + "\n3. Socks, €9.00", cards=cards), wording("en")).html
    assert "<li>Trail shoe, €79.90</li>" in other


def test_a_card_shows_price_rating_stock_and_why(make_card) -> None:
    shown = Seen(draw(Bubble("k", "assistant", cards=(make_card(),)), wording("en")).html)
    for part in ("Trail shoe", "€79.90", "4.2 (12)", "In stock", "Why this", "Because you looked at Rain jacket"):
        assert part in shown.text
    assert ("alt", "Picture of Trail shoe") in shown.attributes
    assert ("aria-label", "4.2 of 5 stars from 12 reviews") in shown.attributes


def test_a_card_does_not_invent_what_is_unknown(make_card) -> None:
    bare = make_card(price_minor=None, rating=None, review_count=0, in_stock=False, why="")
    shown = Seen(draw(Bubble("k", "assistant", cards=(bare,)), wording("en")).html)
    assert "Price on request" in shown.text
    assert "No reviews yet" in shown.text
    assert "Out of stock" in shown.text
    assert "It fits what you asked for." in shown.text
    assert "button" not in shown.tags


@pytest.mark.parametrize("language", list(WORDING))
def test_products_stand_side_by_side(language: str, make_card) -> None:
    cards = (make_card("P1", NASTY, why=NASTY), make_card("P2", "Rain jacket", review_count=0))
    rows = (ComparisonRow("price", "Price", ("€1.00", "€2.00")), ComparisonRow("attribute", NASTY, (NASTY, "")))
    text = "Rain jacket: €2.00\nRain jacket costs most."
    bubble = Bubble("k", "assistant", text, cards=cards, comparison=ProductComparison(cards, rows))
    html = draw(bubble, wording(language)).html
    seen = check_harmless(html)
    assert seen.tags.count("img") == 2, "what stands in the table is not shown again as cards"
    assert seen.text.count("<script>alert(2)</script>") >= 3
    assert 'class="price differs"' in html
    assert "Rain jacket costs most." in seen.text
    assert "Rain jacket: €2.00" not in seen.text, "the table says it"
    assert ("data-say", "k:card0") in seen.attributes
    assert ("data-say", "k:card1") not in seen.attributes
    assert ("aria-label", wording(language).compare_unknown) in seen.attributes


def test_a_price_that_varies_says_so(make_card) -> None:
    card = make_card(price_varies=True)
    assert "from €79.90" in draw(Bubble("k", "assistant", cards=(card,)), wording("en")).html
    assert "€79.90 起" in draw(Bubble("k", "assistant", cards=(card,)), wording("zh")).html


def test_choices_are_buttons_and_answered_ones_are_off() -> None:
    choices = (Choice("Size 41", "41"), Choice("Size 42", "42"))
    on = draw(Bubble("k", "assistant", "Which?", question="Choose one", choices=choices), wording("en")).html
    off = draw(Bubble("k", "assistant", "Which?", choices=choices, answered=True), wording("en")).html
    assert 'role="group" aria-label="Choose one"' in on
    assert ("data-say", "k:1") in Seen(on).attributes
    assert "disabled" not in on
    assert off.count(" disabled") == 2


def test_a_picture_address_holds_any_product_id(make_card) -> None:
    html = draw(Bubble("k", "assistant", cards=(make_card('a/b ?"#ä'),)), wording("en")).html
    assert ("src", "pictures/a%2Fb%20%3F%22%23%C3%A4") in Seen(html).attributes


def test_progress_is_told_to_screen_readers_too() -> None:
    html = draw(Bubble("k", "assistant", progress=("Looking …", "Writing …"), pending=True), wording("en")).html
    assert 'aria-busy="true"' in html
    assert html.index("Looking") < html.index("Writing")
    bar = bar_html(0.25, "Reviews", "10 of 40")
    assert 'role="progressbar"' in bar
    assert 'aria-valuenow="25"' in bar
    assert "aria-valuenow" not in bar_html(None, "Reviews", "…")
    assert 'role="alert"' in note_html("no <b>", "problem")
    assert "no &lt;b&gt;" in note_html("no <b>", "problem")
