"""Every text stands in both languages, with the same fields."""

import re

import pytest

from ui.wording import TEXT_NAMES, WORDING, pick_language, wording


@pytest.mark.parametrize("name", [name for name in TEXT_NAMES if name != "code"])
def test_both_languages_say_it_with_the_same_fields(name: str) -> None:
    english, chinese = getattr(WORDING["en"], name), getattr(WORDING["zh"], name)
    assert english
    assert chinese
    assert len(english) == len(chinese) if isinstance(english, tuple) else True
    assert set(re.findall(r"\{\w+\}", str(english))) == set(re.findall(r"\{\w+\}", str(chinese)))
    assert re.search(r"[\u4e00-\u9fff]", str(chinese)) or not re.search(
        r"[a-z]{3}", re.sub(r"\{\w+\}", "", str(english))
    )


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (("zh-Hans-CN",), "zh"),
        (("fr", "zh_CN"), "zh"),
        (("fr,zh-CN;q=0.4,en;q=0.8",), "en"),
        (("zh;q=0,en",), "en"),
        (("en;q=broken,zh",), "zh"),
        ((None, ""), "en"),
        (("de",), "en"),
    ],
)
def test_the_first_language_that_the_page_speaks(wanted: tuple[str | None, ...], found: str) -> None:
    assert pick_language(*wanted) == found


def test_says_that_a_program_answers() -> None:
    assert "program" in wording("en").a_program
    assert "程序" in wording("zh").a_program
