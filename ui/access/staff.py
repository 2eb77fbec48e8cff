"""Staff accounts: a link sets the password once, name and password open a session, sessions end."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session as Records

from store import AccessSettings, Clock, Database, InputError, NotAllowed, NotFound
from store.schema import StaffLink, StaffMember, StaffSession

from .audit import SYSTEM, Actor, AuditLog
from .opaque_tokens import bound, kept, new_secret
from .passwords import hash_password, verify_password
from .roles import Permission, Role, may, parse_role

LINK_LASTS = timedelta(hours=48)
_NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,63}")
_WINDOW = timedelta(minutes=15)
_FAILURES_OF_NAME_AND_ADDRESS, _FAILURES_OF_ADDRESS, _FAILURES_OF_NAME = 5, 20, 50
_SEEN_EVERY = timedelta(minutes=1)


class TooManyAttempts(NotAllowed):
    """Signing in is refused for a while, whatever the password."""


@dataclass(frozen=True, slots=True)
class StaffUser:
    """A signed-in member of staff, as a view needs him."""

    name: str
    role: Role
    csrf: str
    """What a form must carry, so that no other page can send it."""
    expires: datetime

    def may(self, permission: Permission) -> bool:
        return may(self.role, permission)


@dataclass(frozen=True, slots=True)
class StaffEntry:
    """A member of staff, as a list shows him."""

    name: str
    role: str
    has_password: bool
    disabled: bool
    created_at: datetime
    signed_in_at: datetime | None


class Staff:
    """The accounts. May be shared between threads."""

    def __init__(self, database: Database, settings: AccessSettings, clock: Clock, audit: AuditLog) -> None:
        self._database, self._settings, self._clock, self._audit = database, settings, clock, audit
        self._signing_in = threading.Lock()

    # Accounts.

    def members(self) -> Sequence[StaffEntry]:
        with self._database.read() as records:
            found = records.scalars(select(StaffMember).order_by(StaffMember.name))
            return [
                StaffEntry(
                    one.name,
                    one.role,
                    one.password_hash is not None,
                    one.disabled_at is not None,
                    one.created_at,
                    one.signed_in_at,
                )
                for one in found
            ]

    def add(self, name: str, role: str, by: Actor) -> str:
        """A new account; returns the secret of the link that sets its password. Raises ``InputError``."""
        name, known = name.strip().lower(), parse_role(role)
        if not _NAME.fullmatch(name):
            raise InputError("that cannot be a name", value=name, allowed="a-z, 0-9 and . _ @ + -, at most 64")
        with self._database.write() as records:
            if records.get(StaffMember, name) is not None:
                raise InputError("there is somebody of that name already", value=name)
            records.add(StaffMember(name=name, role=known, created_at=self._clock()))
            records.flush()
            link = self._new_link(records, name)
        self._audit.write("security", by, "staff_added", name=name, role=known)
        return link

    def link(self, name: str, by: Actor) -> str:
        """A fresh link that sets the password; older ones end. Raises ``NotFound``."""
        with self._database.write() as records:
            member = _member(records, name)
            link = self._new_link(records, member.name)
        self._audit.write("security", by, "staff_link_made", name=name)
        return link

    def first_link(self) -> str | None:
        """The link of the first owner, while no owner has a password; ``None`` afterwards."""
        with self._database.write() as records:
            owners = select(StaffMember).where(StaffMember.role == "owner")
            if records.scalar(owners.where(StaffMember.password_hash.is_not(None)).limit(1)) is not None:
                return None
            owner = records.scalar(owners.limit(1))
            if owner is None:
                owner = StaffMember(name="owner", role="owner", created_at=self._clock())
                records.add(owner)
                records.flush()
            link = self._new_link(records, owner.name)
        self._audit.write("security", Actor(SYSTEM), "first_link_made", name=owner.name)
        return link

    def set_role(self, name: str, role: str, by: Actor) -> None:
        known = parse_role(role)
        with self._database.write() as records:
            member = _member(records, name)
            if known != "owner":
                self._keep_an_owner(records, member)
            member.role = known
        self._audit.write("security", by, "staff_role_set", name=name, role=known)

    def set_disabled(self, name: str, disabled: bool, by: Actor) -> None:
        """Disable (every session ends at once) or let in again. Raises ``NotFound``; the last owner stays."""
        with self._database.write() as records:
            member = _member(records, name)
            if disabled:
                self._keep_an_owner(records, member)
                for table in (StaffSession, StaffLink):
                    records.execute(delete(table).where(table.staff_name == member.name))
            member.disabled_at = self._clock() if disabled else None
        self._audit.write("security", by, "staff_disabled" if disabled else "staff_enabled", name=name)

    def _new_link(self, records: Records, name: str) -> str:
        records.execute(delete(StaffLink).where(StaffLink.staff_name == name))
        secret = new_secret()
        records.add(StaffLink(token_hash=kept(secret), staff_name=name, expires_at=self._clock() + LINK_LASTS))
        return secret

    def _keep_an_owner(self, records: Records, member: StaffMember) -> None:
        if member.role != "owner":
            return
        others = select(func.count()).where(
            StaffMember.role == "owner", StaffMember.name != member.name, StaffMember.disabled_at.is_(None)
        )
        if not records.scalar(others):
            raise NotAllowed("the shop would be left without an owner", value=member.name, advice="Add another first")

    # Passwords and sessions.

    def link_name(self, link: str) -> str | None:
        """Whose link it is, if it can still be used."""
        with self._database.read() as records:
            found = records.get(StaffLink, kept(link))
            return None if found is None or found.expires_at <= self._clock() else found.staff_name

    def use_link(self, link: str, password: str, address: str) -> str:
        """Set the password and sign in; returns the session's token. The link and all older sessions end.

        Raises ``NotAllowed`` for a link that is used up, expired or wrong, ``InputError`` for a bad password.
        """
        name = self.link_name(link)
        if name is None:
            self._audit.write("security", Actor("anyone", address=address), "link_refused")
            raise NotAllowed("this link cannot be used any more", advice="Ask for a new one")
        hashed = hash_password(password, name)
        with self._database.write() as records:
            member = _member(records, name)
            found = records.get(StaffLink, kept(link))
            if found is None or member.disabled_at is not None:
                raise NotAllowed("this link cannot be used any more", advice="Ask for a new one")
            member.password_hash = hashed
            for table in (StaffLink, StaffSession):
                records.execute(delete(table).where(table.staff_name == name))
            token = self._open(records, member)
        self._audit.write("security", Actor(f"staff:{name}", member.role, address), "password_set")
        return token

    def sign_in(self, name: str, password: str, address: str) -> str:
        """The token of a new session. Raises ``NotAllowed``, which never says what was wrong; ``TooManyAttempts``."""
        name = name.strip().lower()[:64]
        actor = Actor(f"staff:{name}", address=address)
        # One at a time: attempts side by side would all pass the count, and each takes 64 MiB.
        with self._signing_in:
            if self._blocked(actor):
                if not self._audit.count("sign_in_blocked", timedelta(minutes=1), address=address):
                    self._audit.write("security", actor, "sign_in_blocked")
                raise TooManyAttempts("too many attempts to sign in", advice="Try again in 15 minutes")
            with self._database.read() as records:
                member = records.get(StaffMember, name)
            active = member is not None and member.disabled_at is None
            right = verify_password(password, member.password_hash if member is not None and active else None)
            if not right or member is None:
                self._audit.write("security", actor, "sign_in_failed")
                raise NotAllowed("name or password is wrong")
        with self._database.write() as records:
            member = _member(records, name)
            token = self._open(records, member)
        self._audit.write("security", Actor(f"staff:{name}", member.role, address), "signed_in")
        return token

    def _blocked(self, actor: Actor) -> bool:
        failed = "sign_in_failed"
        return (
            self._audit.count(failed, _WINDOW, actor=actor.name, address=actor.address) >= _FAILURES_OF_NAME_AND_ADDRESS
            or self._audit.count(failed, _WINDOW, address=actor.address) >= _FAILURES_OF_ADDRESS
            or self._audit.count(failed, _WINDOW, actor=actor.name) >= _FAILURES_OF_NAME
        )

    def _open(self, records: Records, member: StaffMember) -> str:
        now, token = self._clock(), new_secret()
        records.execute(delete(StaffSession).where(StaffSession.expires_at <= now))
        ends = now + timedelta(hours=self._settings.staff_session_hours)
        records.add(
            StaffSession(token_hash=kept(token), staff_name=member.name, created_at=now, seen_at=now, expires_at=ends)
        )
        member.signed_in_at = now
        return token

    def user(self, token: str | None) -> StaffUser | None:
        """Who is signed in with that token; ``None`` if nobody is (any more)."""
        if not token:
            return None
        now, idle = self._clock(), timedelta(minutes=self._settings.staff_idle_minutes)
        with self._database.read() as records:
            session = records.get(StaffSession, kept(token))
            if session is None or session.expires_at <= now or session.seen_at + idle <= now:
                return None
            member = records.get(StaffMember, session.staff_name)
        if member is None or member.disabled_at is not None:
            return None
        if session.seen_at + _SEEN_EVERY <= now:
            with self._database.write() as records:
                seen = records.get(StaffSession, session.token_hash)
                if seen is not None:
                    seen.seen_at = now
        return StaffUser(member.name, parse_role(member.role), bound(token, "form"), session.expires_at)

    def sign_out(self, token: str, address: str) -> None:
        """End the session; nothing happens where there is none."""
        user = self.user(token)
        with self._database.write() as records:
            records.execute(delete(StaffSession).where(StaffSession.token_hash == kept(token)))
        if user is not None:
            self._audit.write("security", Actor(f"staff:{user.name}", user.role, address), "signed_out")


def _member(records: Records, name: str) -> StaffMember:
    member = records.get(StaffMember, name.strip().lower())
    if member is None:
        raise NotFound("there is nobody of that name", value=name)
    return member
