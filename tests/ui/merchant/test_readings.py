"""What the console reads: figures that add up with the rows behind them, stories, the ledger. And who may see it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from insight import CustomerInsight, Prediction, PredictionReason
from store import NotAllowed, NotFound
from ui.access import NotSignedIn
from ui.merchant.customers_view import story_html
from ui.merchant.data_state import read_kept
from ui.merchant.decisions_view import told_html, whole_html
from ui.merchant.ledger import Group, read_effect, read_ledger, read_whole
from ui.merchant.markup import Table, moment, table_html
from ui.merchant.people import find_people
from ui.merchant.settings_view import read_settings
from ui.merchant.story import read_story
from ui.merchant.today import read_facts, read_rows, read_trade
from ui.merchant.today_view import rows_html, today_html
from ui.merchant.words import Words

EN, ZH = Words("en"), Words("zh")


def test_the_week_counts_what_was_not_cancelled(shop, clock) -> None:
    trade = read_trade(shop.database, clock())
    assert (trade.orders, trade.orders_before) == (2, 1)
    assert (trade.revenue_minor, trade.revenue_before_minor, trade.currency) == (4000, 2000, "EUR")
    assert len(trade.days) == 30
    assert sum(count for _, count in trade.days) == 3


def test_every_number_of_today_has_as_many_rows(shop, clock) -> None:
    facts = {one.key: one for one in read_facts(shop.database, clock())}
    assert {key: one.count for key, one in facts.items()} == {
        "late": 1, "complaints": 1, "wanted": 1, "returns": 1, "carts": 1,
    }  # fmt: skip
    for fact in facts.values():
        assert fact.opens == f"rows:{fact.key}"
        table = read_rows(shop.database, fact.key, clock(), ZH)
        assert len(table.rows) + table.more == fact.count, fact.key
    with pytest.raises(KeyError):
        read_rows(shop.database, "secrets", clock(), EN)


def test_sentences_link_their_number_and_nothing_is_markup(shop, clock, desk, asks) -> None:
    page = today_html(read_trade(shop.database, clock()), read_facts(shop.database, clock()), EN)
    assert '<button type="button" class="open" data-open="rows:late">One parcel</button> is late' in page
    rows = rows_html(desk, "complaints", asks("agent"))
    assert "It &lt;script&gt;broke" in rows
    assert 'data-open="customer:C1"' in rows


def test_a_story_tells_everything_once_and_the_latest_first(shop, clock) -> None:
    story = read_story(shop.database, "C1", clock(), EN)
    kinds = [one.kind for one in story.chapters]
    assert sorted(kinds) == ["order", "order", "parcel", "return", "review", "visit"]
    assert [one.at for one in story.chapters] == sorted((one.at for one in story.chapters), reverse=True)
    assert dict(story.known)["Spent"] == "€40.00"
    page = story_html(story, None, EN)
    assert "Looked at 1 products; put Mug &lt;b&gt; into the cart" in page
    assert "<i>" not in page
    assert "王小雨" in story_html(read_story(shop.database, "C2", clock(), ZH), None, ZH)
    with pytest.raises(NotFound):
        read_story(shop.database, "C9", clock(), EN)


def test_a_story_tells_what_is_foreseen_of_this_customer_and_no_mean_of_all(shop, clock) -> None:
    reason = PredictionReason("days_since_purchase", 12.0, 0.4, "EUR")
    known = Prediction("leaves", 0.85, 0.7, None, (reason,))
    mean = Prediction("dissatisfied", 0.0, 0.0, None, ())
    foreseen = CustomerInsight("C1", clock(), "new", (mean, known), None)
    page = story_html(read_story(shop.database, "C1", clock(), EN), foreseen, EN)
    assert known.words("en") in page
    assert mean.words("en") not in page


@pytest.mark.parametrize("wanted", ["emma", "C1", "example.com", "#1", "1", "Emma Stone"])
def test_customers_are_found_by_what_one_knows_of_them(shop, wanted) -> None:
    found = find_people(shop.database, wanted)
    assert [one.customer_id for one in found] == ["C1"]
    assert (found[0].orders, found[0].spent) == (2, "€40.00")


def test_a_percent_sign_is_no_wildcard(shop) -> None:
    assert find_people(shop.database, "王小雨")[0].customer_id == "C2"
    assert [one.customer_id for one in find_people(shop.database, "")] == ["C1", "C2"]
    assert find_people(shop.database, "E%ma S") == []


def test_the_ledger_and_what_writing_first_brought(shop, clock, desk, access, asks, decided) -> None:
    now = clock()
    with shop.database.write() as records:
        records.add(decided(now - timedelta(days=11), "C1"))
        records.add(decided(now - timedelta(days=12), "C2", holdout=True, message_id=None, text=None, action="silence"))
        facts = {
            "before_minor": 10794,
            "because": {"en": "you looked", "zh": "您看过"},
            "features": {"a_7d": 2.0, "b": 0},
        }
        quiet = {"action": "silence", "message_id": None, "text": None, "known": facts}
        records.add(decided(now - timedelta(days=1), "C2", **quiet))
    found = read_ledger(shop.database, now)
    assert (found.decided, found.written, found.silent, found.withheld) == (3, 1, 2, 1)
    assert [one.action for one in read_ledger(shop.database, now, "remind").entries] == ["remind"]
    written, held = read_effect(shop.database, now)
    assert (written, held) == (Group(1, 1), Group(1, 0))
    assert "100.0% of 1 customers" in told_html(found, written, held, EN)
    assert "chance" in told_html(found, written, held, EN)
    (silent,) = (one for one in found.entries if not one.holdout and one.action == "silence")
    known = dict(read_whole(shop.database, silent.id, "zh", "EUR").known)
    assert known == {"before": "€107.94", "because": "您看过", "features": "a 7d 2"}
    page = whole_html(desk, found.entries[-1].id, asks("agent"))
    assert "holdout" not in page
    # A moment stands on one line, and the log says whose decision was opened.
    assert f'<span class="day">{moment(now, EN)}</span>' in table_html(Table("", ("",), ((moment(now, EN),),)), EN)
    reasons = table_html(Table("", ("", ""), (("降价", "建议的行动带来的收益不足以打扰顾客一次"),)), ZH)
    assert reasons.count('<td class="long">') == 1
    assert [one.customer_id for one in access.audit.entries() if one.action == "decision_opened"] == ["C2"]
    assert whole_html(desk, "dec_none", asks("manager")).count("no such decision") == 1


def test_an_interval_holds_the_share_and_shrinks() -> None:
    low, high = Group(100, 30).interval
    assert low < 0.3 < high
    assert (round(low, 3), round(high, 3)) == (0.219, 0.396)
    assert Group(0, 0).interval == (0.0, 1.0)


def test_who_is_not_signed_in_or_may_not_sees_nothing_and_it_is_written_down(desk, asks, access) -> None:
    with pytest.raises(NotSignedIn):
        rows_html(desk, "late", asks(None))
    with pytest.raises(NotAllowed):
        whole_html(desk, "dec_1", asks("viewer"))
    rows_html(desk, "late", asks("agent"))
    kinds = [(one.log, one.action) for one in access.audit.entries()]
    assert ("security", "refused_not_signed_in") in kinds
    assert ("security", "refused_role") in kinds
    assert ("audit", "rows_opened") in kinds


def test_settings_show_what_was_changed_and_no_secret(shop) -> None:
    settings = {one.name: one for one in read_settings(shop.config)}
    assert settings["shop.name"].changed
    assert not settings["proactive.max_per_week"].changed
    assert settings["page.port"].value == "7860"
    assert all(one.value in {"–", "•••"} for name, one in settings.items() if name.endswith("url"))


def test_counts_of_records(shop) -> None:
    assert {one.kind: one.count for one in read_kept(shop)} == {
        "products": 2, "customers": 2, "orders": 4, "reviews": 2, "events": 2,
    }  # fmt: skip
