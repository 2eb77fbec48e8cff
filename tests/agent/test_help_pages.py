"""Help pages: the right passage, word for word, or none."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.help_pages import HelpPages, read_page
from encoders import TextEncoder
from store import ConfigError

PAGE = """# Returns

You may return within **14 days**.
<!-- asked: how long can I return? | return window -->

- Opened food stays with you.
  <!-- asked: can I return opened food? -->
- Shoes must be clean.
"""


def test_a_page_falls_into_passages_with_their_ways_to_ask() -> None:
    found = read_page("returns", PAGE)
    assert [one.text for one in found] == [
        "You may return within 14 days.",
        "Opened food stays with you.",
        "Shoes must be clean.",
    ]
    assert found[0].asked == ("how long can I return?", "return window")
    assert {(one.heading, one.language) for one in found} == {("Returns", "en")}


@pytest.mark.parametrize(
    ("name", "text", "language"),
    [
        ("a.zh", "hello", "zh"),
        ("a", "---\nlanguage: zh\n---\nhello", "zh"),
        ("a", "# 退货\n\n三十天内可退。", "zh"),
        ("a", "anything", "en"),
    ],
)
def test_the_language_of_a_page(name: str, text: str, language: str) -> None:
    assert read_page(name, text)[0].language == language


@pytest.fixture(scope="module")
def demo(encoder: TextEncoder) -> HelpPages:
    return HelpPages.of_demo(encoder.encode)


@pytest.mark.parametrize(
    ("question", "language", "page", "words"),
    [
        ("how long do I have if I want to send something back?", "en", "returns.en", "30 days"),
        ("what do I pay for delivery?", "en", "shipping.en", "€4.90"),
        ("is there a guarantee on your products?", "en", "warranty.en", "two-year"),
        ("could I pay by PayPal?", "en", "payments.en", "PayPal"),
        ("运费要多少", "zh", "shipping.zh", "4.90"),
        ("保修期多久", "zh", "warranty.zh", "质保"),
        ("退货政策是怎样的", "zh", "returns.zh", "30"),
    ],
)
def test_finds_the_passage(demo: HelpPages, question: str, language: str, page: str, words: str) -> None:
    found = demo.find(question, language)
    assert found is not None
    assert found.page == page
    assert words in found.text


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("do you rent out bicycles?", "en"),
        ("who is your managing director?", "en"),
        ("are your sweaters knitted by hand?", "en"),
        ("can I pay with bitcoin in instalments over nine years?", "en"),
        ("你们老板是谁", "zh"),
        ("可以租自行车吗", "zh"),
    ],
)
def test_says_nothing_where_the_pages_say_nothing(demo: HelpPages, question: str, language: str) -> None:
    assert demo.find(question, language) is None


def test_a_folder_is_read_and_a_wrong_one_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "returns.md").write_text(PAGE, encoding="utf-8")
    (tmp_path / "empty.md").write_text("", encoding="utf-8")
    found = HelpPages.read(tmp_path).find("return window", "en")
    assert found is not None
    assert found.text == "You may return within 14 days."
    with pytest.raises(ConfigError, match=r"agent\.help_pages"):
        HelpPages.read(tmp_path / "none")
    (tmp_path / "latin.md").write_bytes(b"caf\xe9")
    with pytest.raises(ConfigError, match="UTF-8"):
        HelpPages.read(tmp_path)


def test_no_pages_no_answer() -> None:
    assert HelpPages().find("how long can I return?", "en") is None
