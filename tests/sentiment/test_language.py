"""Language: English and Chinese are told from others and from texts without letters."""

from __future__ import annotations

import pytest

from sentiment.language import detect_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The battery died within a week", "en"),
        ("Good", "en"),
        ("LOVE IT!!!", "en"),
        ("手机很好用", "zh"),
        ("iPhone 13 很好用，比 Samsung 好", "zh"),
        ("Très bon produit, je suis content", "other"),
        ("Das Produkt ist leider nicht gut", "other"),
        ("El producto es muy malo", "other"),
        ("とても良い商品でした", "other"),
        ("정말 좋아요", "other"),
        ("Отличный товар", "other"),
        ("👍👍👍", "none"),
        ("", "none"),
        ("10/10", "none"),
    ],
)
def test_languages(text: str, language: str) -> None:
    assert detect_language(text) == language
