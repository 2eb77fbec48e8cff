"""Staff: a link sets the password once, roles bound what may be done, guessing is stopped, leaving is at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from beforehand import Shop
from store import FixedClock, InputError, NotAllowed, NotFound
from store.schema import StaffLink, StaffMember, StaffSession
from ui.access import ROLES, Access, Actor, TooManyAttempts, may, passwords

PASSWORD = "seven green kettles"
HERE = "10.0.0.9"


def added(access: Access, owner: Actor, name: str = "ana", role: str = "agent") -> str:
    """A member with a password; returns the session's token."""
    return access.staff.use_link(access.staff.add(name, role, owner), PASSWORD, HERE)


def test_the_first_start_gives_one_link_until_it_is_used(access: Access, caplog: pytest.LogCaptureFixture) -> None:
    first = access.staff.first_link()
    # The owner sees it above the link: nothing to be warned of.
    assert caplog.records == []
    second = access.staff.first_link()
    assert first is not None
    assert second is not None
    with pytest.raises(NotAllowed):
        access.staff.use_link(first, PASSWORD, HERE)
    assert "link_refused" in caplog.text
    user = access.staff.user(access.staff.use_link(second, PASSWORD, HERE))
    assert user is not None
    assert (user.name, user.role) == ("owner", "owner")
    assert access.staff.first_link() is None
    with pytest.raises(NotAllowed):
        access.staff.use_link(second, "another long password", HERE)


def test_name_and_password_open_a_session(access: Access, owner: Actor) -> None:
    added(access, owner)
    user = access.staff.user(access.staff.sign_in(" ANA ", PASSWORD, HERE))
    assert user is not None
    assert user.may("serve_customers")
    assert not user.may("manage_shop")


def test_neither_passwords_nor_tokens_are_kept(shop: Shop, access: Access, owner: Actor) -> None:
    link = access.staff.add("ben", "viewer", owner)
    token = added(access, owner)
    with shop.database.read() as records:
        members = records.scalars(select(StaffMember)).all()
        kept = str(
            [
                vars(one)
                for one in [*members, *records.scalars(select(StaffSession)), *records.scalars(select(StaffLink))]
            ]
        )
    assert "$argon2id$" in kept
    assert PASSWORD not in kept
    assert token not in kept
    assert link not in kept
    log = str(access.audit.entries())
    assert PASSWORD not in log
    assert token not in log
    assert link not in log


def test_a_hash_costs_what_rfc_9106_asks_for(access: Access, owner: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    hashed = passwords.hash_password(PASSWORD, "ana")
    assert hashed.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert passwords.verify_password(PASSWORD, hashed)
    assert not passwords.verify_password(PASSWORD, "not a hash")


@pytest.mark.parametrize("password", ["", "short", "a" * 12, "aaaaaaaabbbb", "x" * 201, "anaana"])
def test_a_weak_password_is_refused_and_the_link_stays(access: Access, owner: Actor, password: str) -> None:
    link = access.staff.add("ana", "agent", owner)
    with pytest.raises(InputError):
        access.staff.use_link(link, password, HERE)
    assert access.staff.use_link(link, PASSWORD, HERE)


def test_a_link_ends_after_two_days_and_with_the_next_one(access: Access, owner: Actor, clock: FixedClock) -> None:
    old = access.staff.add("ana", "agent", owner)
    clock.advance(timedelta(hours=48))
    for link in (old, "", "nonsense"):
        with pytest.raises(NotAllowed):
            access.staff.use_link(link, PASSWORD, HERE)
    assert access.staff.use_link(access.staff.link("ana", owner), PASSWORD, HERE)
    assert [one.action for one in access.audit.entries(log="security")].count("link_refused") == 3


def test_a_new_password_ends_older_sessions(access: Access, owner: Actor) -> None:
    token = added(access, owner)
    access.staff.use_link(access.staff.link("ana", owner), "nine blue lanterns", HERE)
    assert access.staff.user(token) is None
    with pytest.raises(NotAllowed):
        access.staff.sign_in("ana", PASSWORD, HERE)


def test_guessing_is_stopped_and_logged(access: Access, owner: Actor, clock: FixedClock) -> None:
    added(access, owner)
    for _ in range(5):
        with pytest.raises(NotAllowed, match="wrong"):
            access.staff.sign_in("ana", "a wrong password", "10.6.6.6")
    for _ in range(3):
        with pytest.raises(TooManyAttempts):
            access.staff.sign_in("ana", PASSWORD, "10.6.6.6")
    actions = [one.action for one in access.audit.entries(log="security", actor="staff:ana")]
    assert actions.count("sign_in_failed") == 5
    assert actions.count("sign_in_blocked") == 1
    # Somebody else's guessing does not lock the person out, and it ends.
    assert access.staff.sign_in("ana", PASSWORD, HERE)
    clock.advance(timedelta(minutes=15))
    assert access.staff.sign_in("ana", PASSWORD, "10.6.6.6")


def test_one_address_cannot_go_through_the_names(access: Access) -> None:
    for number in range(20):
        with pytest.raises(NotAllowed, match="wrong"):
            access.staff.sign_in(f"name{number}", "a wrong password", "10.6.6.6")
    with pytest.raises(TooManyAttempts):
        access.staff.sign_in("another", "a wrong password", "10.6.6.6")


def test_many_addresses_cannot_go_on_at_one_name(access: Access, owner: Actor) -> None:
    for number in range(50):
        access.audit.write("security", Actor("staff:ana", address=f"10.1.1.{number}"), "sign_in_failed")
    with pytest.raises(TooManyAttempts):
        access.staff.sign_in("ana", PASSWORD, "10.2.2.2")


def test_an_unknown_name_and_a_wrong_password_look_alike(access: Access, owner: Actor) -> None:
    added(access, owner)
    access.staff.add("no-password-yet", "agent", owner)
    told = set()
    for name in ("ana", "nobody", "no-password-yet", "", "x" * 500):
        with pytest.raises(NotAllowed) as error:
            access.staff.sign_in(name, "a wrong password", HERE)
        told.add(str(error.value))
    assert len(told) == 1


def test_disabling_ends_everything_at_once(access: Access, owner: Actor) -> None:
    token, pending = added(access, owner), access.staff.link("ana", owner)
    access.staff.set_disabled("ana", True, owner)
    assert access.staff.user(token) is None
    with pytest.raises(NotAllowed):
        access.staff.sign_in("ana", PASSWORD, HERE)
    with pytest.raises(NotAllowed):
        access.staff.use_link(pending, PASSWORD, HERE)
    access.staff.set_disabled("ana", False, owner)
    assert access.staff.user(token) is None
    assert access.staff.sign_in("ana", PASSWORD, HERE)


def test_the_last_owner_stays(access: Access, owner: Actor) -> None:
    added(access, owner, "olga", "owner")
    with pytest.raises(NotAllowed, match="owner"):
        access.staff.set_disabled("olga", True, owner)
    with pytest.raises(NotAllowed, match="owner"):
        access.staff.set_role("olga", "viewer", owner)
    added(access, owner, "otto", "owner")
    access.staff.set_disabled("olga", True, owner)


def test_sessions_end_by_themselves(access: Access, owner: Actor, clock: FixedClock) -> None:
    idle = added(access, owner)
    clock.advance(timedelta(minutes=119))
    assert access.staff.user(idle) is not None
    clock.advance(timedelta(minutes=119))
    assert access.staff.user(idle) is not None
    clock.advance(timedelta(minutes=120))
    assert access.staff.user(idle) is None
    busy = access.staff.sign_in("ana", PASSWORD, HERE)
    for _ in range(12):
        assert access.staff.user(busy) is not None
        clock.advance(timedelta(hours=1))
    assert access.staff.user(busy) is None


def test_signing_out_ends_the_session(access: Access, owner: Actor) -> None:
    token = added(access, owner)
    access.staff.sign_out(token, HERE)
    assert access.staff.user(token) is None
    access.staff.sign_out(token, HERE)


@pytest.mark.parametrize(("name", "role"), [("", "agent"), ("../etc", "agent"), ("a b", "agent"), ("ana", "admin")])
def test_a_bad_name_or_role_is_said(access: Access, owner: Actor, name: str, role: str) -> None:
    with pytest.raises(InputError):
        access.staff.add(name, role, owner)


def test_nobody_of_that_name(access: Access, owner: Actor) -> None:
    for ask in (access.staff.link, lambda name, by: access.staff.set_disabled(name, True, by)):
        with pytest.raises(NotFound):
            ask("nobody", owner)
    added(access, owner)
    with pytest.raises(InputError, match="already"):
        access.staff.add("ANA", "viewer", owner)


def test_each_role_holds_the_rights_of_those_before_it() -> None:
    order = ("see_figures", "see_customers", "serve_customers", "manage_shop", "manage_access")
    held = [[right for right in order if may(role, right)] for role in ROLES]
    assert held == [list(order[:1]), list(order[:3]), list(order[:4]), list(order)]
    assert not may("admin", "see_figures")
