"""``Access``: everything that says who is there, for one open shop. Pages, routes and tools ask it and nothing else.

    user = access.require(request, "see_customers", "customer_opened", customer_id="C1042")   # in a handler
    user = access.staff_user(request)                                                         # or None

``request`` is a Starlette request or Gradio's ``gr.Request``: both have ``cookies`` and ``client``. ``require`` writes
what was seen into the audit log, and what was refused into the security log.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from agent import Session
from beforehand import Shop
from store import NotAllowed

from .api_keys import ApiKeys
from .audit import Actor, AuditLog
from .customer_tokens import CustomerTokens
from .roles import Permission
from .staff import Staff, StaffUser

STAFF_COOKIE = "beforehand_staff"
CUSTOMER_COOKIE = "beforehand_customer"
_DEMO_USER = StaffUser("demo", "owner", "demo", datetime.max.replace(tzinfo=UTC))


class Request(Protocol):
    """What is needed of a request."""

    @property
    def cookies(self) -> Mapping[str, str]: ...
    @property
    def client(self) -> Any: ...


class PageRequest(Request, Protocol):
    """The same of a page, whose address says more."""

    @property
    def query_params(self) -> Mapping[str, str]: ...


class NotSignedIn(NotAllowed):
    """Nobody is signed in, or the session has ended."""


class Access:
    """Who is there. May be shared between threads."""

    def __init__(self, shop: Shop, *, open_demo: bool = False) -> None:
        """``open_demo``: whoever reaches the page is staff and may be any customer; for the demo on this machine."""
        self.open_demo = open_demo
        self.audit = AuditLog(shop.database, shop.clock)
        self.tokens = CustomerTokens(shop.config.access, shop.config.shop.home, shop.clock)
        self.staff = Staff(shop.database, shop.config.access, shop.clock, self.audit)
        self.keys = ApiKeys(shop.database, shop.clock, self.audit)

    def staff_user(self, request: Request) -> StaffUser | None:
        """Who of the staff is signed in; in the open demo everybody is."""
        if self.open_demo:
            return _DEMO_USER
        return self.staff.user(request.cookies.get(STAFF_COOKIE))

    def customer_id(self, request: Request) -> str | None:
        """The customer whose token the browser carries; ``None`` where there is none, or none that holds."""
        token = request.cookies.get(CUSTOMER_COOKIE)
        if not token:
            return None
        try:
            return self.tokens.read(token).customer_id
        except NotAllowed:
            return None

    def own_customer_id(self, request: PageRequest) -> str | None:
        """Whose browser it is; in the open demo everybody may be any customer, and the page says which."""
        return request.query_params.get("customer") if self.open_demo else self.customer_id(request)

    def require(
        self,
        request: Request,
        permission: Permission,
        action: str,
        *,
        customer_id: str | None = None,
        **detail: str | int | float | None,
    ) -> StaffUser:
        """The member of staff, who may do this; ``action`` goes into the audit log with whose data it was about.

        Raises ``NotSignedIn`` or ``NotAllowed``, and puts the refusal into the security log.
        """
        user = self.staff_user(request)
        if user is None:
            who = Actor("anyone", address=address_of(request))
            self.audit.write("security", who, "refused_not_signed_in", customer_id=customer_id, wanted=action)
            raise NotSignedIn("nobody is signed in", advice="Sign in first")
        who = actor_of(user, request)
        if not user.may(permission):
            self.audit.write("security", who, "refused_role", customer_id=customer_id, wanted=action)
            raise NotAllowed("this role may not do that", value=f"{user.role}: {action}")
        self.audit.write("audit", who, action, customer_id=customer_id, **detail)
        return user


def actor_of(user: StaffUser, request: Request) -> Actor:
    return Actor(f"staff:{user.name}", user.role, address_of(request))


def staff_session(user: StaffUser) -> Session:
    """The agent's session of a signed-in member of staff."""
    return Session.for_staff(user.name, user.role)


def address_of(request: Request) -> str:
    """The network address that a request came from."""
    client = request.client
    return str(client.host) if client is not None else "unknown"
