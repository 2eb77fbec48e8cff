"""API keys open what they were made for, until they are ended; the log shows who did what, and no secret."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from beforehand import Shop
from store import FixedClock, InputError, NotAllowed, NotFound
from store.schema import ApiKey
from ui.access import Access, Actor


def test_a_key_is_known_by_its_secret_and_only_its_hash_is_kept(shop: Shop, access: Access, owner: Actor) -> None:
    entry, secret = access.keys.add("warehouse", ["events", "events", "search"], owner)
    assert secret.startswith("bh_")
    assert access.keys.read(secret) == entry
    assert entry.scopes == ("events", "search")
    with shop.database.read() as records:
        assert secret not in str([vars(one) for one in records.scalars(select(ApiKey))])
    assert secret not in str(access.audit.entries())


def test_a_revoked_or_expired_key_is_refused(access: Access, owner: Actor, clock: FixedClock) -> None:
    revoked, secret = access.keys.add("old", ["events"], owner)
    assert access.keys.read(secret)
    access.keys.revoke(revoked.id, owner)
    with pytest.raises(NotAllowed):
        access.keys.read(secret)
    _, brief = access.keys.add("brief", ["events"], owner, expires_at=clock() + timedelta(days=1))
    assert access.keys.read(brief)
    clock.advance(timedelta(days=1))
    for secret in (brief, "bh_nonsense", ""):
        with pytest.raises(NotAllowed):
            access.keys.read(secret)
    with pytest.raises(NotFound):
        access.keys.revoke("key_nonsense", owner)


@pytest.mark.parametrize("scopes", [[], ["everything"], ["events", "admin"]])
def test_a_key_needs_known_scopes(access: Access, owner: Actor, scopes: list[str]) -> None:
    with pytest.raises(InputError, match="events"):
        access.keys.add("x", scopes, owner)


def test_the_log_is_read_by_customer_and_actor_and_cannot_be_forged(access: Access, clock: FixedClock) -> None:
    ana = Actor("staff:ana", "agent", "10.0.0.9")
    access.audit.write("audit", ana, "customer_opened", customer_id="C1")
    clock.advance(timedelta(seconds=1))
    access.audit.write("audit", ana, "customer_opened", customer_id="C2\n2026-03-02 staff:olga", words="x" * 900)
    newest, oldest = access.audit.entries(actor="staff:ana")
    assert oldest.customer_id == "C1"
    assert newest.customer_id == "C2?2026-03-02 staff:olga"
    assert len(str(newest.detail["words"])) == 200
    assert [one.customer_id for one in access.audit.entries(customer_id="C1")] == ["C1"]
    assert len(access.audit.entries(since=clock())) == 1
