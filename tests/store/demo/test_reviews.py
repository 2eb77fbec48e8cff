"""Reviews: the words fit the stars, better products have more stars, and they do not read like a template."""

from __future__ import annotations

import random
from collections import Counter, defaultdict

import numpy as np

from store.demo.build import DemoShop
from store.demo.reviews import stars_of
from store.demo.vocabulary import read_vocabulary
from store.demo.wording import Subject, Writer, choose_aspects, say

# Chosen by hand and not from the generator's tables: plain words of praise and of blame.
PRAISE = ("great", "love", "perfect", "excellent", "happy", "recommend", "good", "喜欢", "很好", "推荐", "满意", "完美")
BLAME = ("terrible", "waste", "disappoint", "awful", "useless", "avoid", "poor", "差", "失望", "退货", "浪费", "后悔")


def test_polarity_fits_the_stars(drawn: DemoShop) -> None:
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for review in drawn.reviews:
        found[review.stars].update(mention.polarity for mention in review.mentions)
    share = {stars: counts["positive"] / sum(counts.values()) for stars, counts in found.items()}
    assert share[5] > 0.93
    assert share[1] < 0.1
    assert share[5] > share[4] > share[3] > share[2] > share[1]


def test_plain_words_of_praise_and_blame_follow_the_stars(drawn: DemoShop) -> None:
    def score(text: str) -> int:
        lowered = text.lower()
        return sum(word in lowered for word in PRAISE) - sum(word in lowered for word in BLAME)

    for language in ("en", "zh"):
        mean = {
            stars: np.mean(
                [score(one.title + one.text) for one in drawn.reviews if (one.stars, one.language) == (stars, language)]
            )
            for stars in range(1, 6)
        }
        assert mean[5] > 0.5
        assert mean[1] < -0.3
        assert mean[5] > mean[3] > mean[1]


def test_mentions_point_into_the_text_and_name_the_products_aspects(drawn: DemoShop) -> None:
    for review in drawn.reviews:
        aspects = {*drawn.world.catalog.products[review.product].sub.aspects, "delivery", "service"}
        for mention in review.mentions:
            assert mention.aspect in aspects
            assert 0 <= mention.start < mention.end <= len(review.text)
            assert review.text[mention.start : mention.end].strip()


def test_better_products_have_more_stars(drawn: DemoShop) -> None:
    stars: dict[int, list[int]] = defaultdict(list)
    for review in drawn.reviews:
        stars[review.product].append(review.stars)
    rows = [row for row, values in stars.items() if len(values) >= 8]
    assert len(rows) > 100
    quality = drawn.world.catalog.quality[rows]
    assert np.corrcoef(quality, [np.mean(stars[row]) for row in rows])[0, 1] > 0.7


def test_many_texts_in_two_languages_long_and_short(drawn: DemoShop) -> None:
    texts = [review.text for review in drawn.reviews]
    assert len(set(texts)) > 0.85 * len(texts)
    languages = Counter(review.language for review in drawn.reviews)
    assert 0.2 < languages["zh"] / len(texts) < 0.5
    assert min(map(len, texts)) < 15
    assert max(map(len, texts)) > 300
    for review in drawn.reviews:
        assert not set("{}[]|") & set(review.title + review.text)
        assert any("\u4e00" <= letter <= "\u9fff" for letter in review.text) == (review.language == "zh")


def test_customers_review_what_has_reached_them(drawn: DemoShop) -> None:
    delivered: dict[tuple[int, int], float] = {}
    for order in drawn.world.log.orders:
        for line in order.lines:
            key = (order.customer, line.product)
            delivered[key] = min(order.delivered, delivered.get(key, order.delivered))
    own = [review for review in drawn.reviews if review.customer >= 0]
    assert len(own) > 300
    assert all(delivered[one.customer, one.product] <= one.at <= drawn.world.now and one.verified for one in own)


def test_stars_rise_with_opinion_and_fall_with_a_late_parcel() -> None:
    ladder = [stars_of((value,), False) for value in (-3.0, -1.0, -0.6, -0.2, 2.0)]
    assert ladder == [1, 2, 3, 4, 5]
    assert stars_of((0.2, 0.2), True) < stars_of((0.2, 0.2), False)


def test_every_phrase_can_be_said_in_every_way() -> None:
    text = random.Random(5)
    for aspect in read_vocabulary().aspects.values():
        for phrases in (*aspect.good.values(), *aspect.bad.values()):
            assert len(phrases) >= 4
            for phrase in phrases:
                assert phrase.count("[") == phrase.count("]")
                assert not set("[]|{}") & set(say(text, phrase))


def test_a_three_star_review_has_both_sides() -> None:
    opinions = [("sound", 1.5), ("battery", -2.0), ("comfort", 0.1), ("value", 0.0)]
    for seed in range(30):
        chosen = dict(choose_aspects(random.Random(seed), 3, opinions, 2))
        assert chosen["battery"] == "negative"
        assert "positive" in chosen.values()


def test_a_writer_marks_what_it_says() -> None:
    writer = Writer(read_vocabulary(), "en")
    written = writer.write(
        random.Random(1), 1, [("battery", "negative")], Subject("speaker", "Acme", "parties"), brief=False
    )
    mention = written.mentions[0]
    assert (mention.aspect, mention.polarity) == ("battery", "negative")
    assert mention.end <= len(written.text)
