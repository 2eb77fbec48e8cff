"""Who is there and what they may do: customers by signed token, staff by password and role, programs by API key.

Comes in: requests with cookies and tokens. Goes out: a customer's id, a ``StaffUser``, a ``KeyEntry``, or a refusal
that stands in the security log. It knows nothing of pages beyond the sign-in forms.

A handler of a Gradio view takes ``request: gr.Request`` and asks the page's one ``Access``:

    user = access.require(request, "see_customers", "customer_opened", customer_id=customer_id)
    agent.write_as_staff(staff_session(user), conversation_id, text)
"""

from __future__ import annotations

from .api_keys import SCOPES, ApiKeys, KeyEntry, Scope
from .audit import SYSTEM, Actor, AuditLog, Entry
from .body_screen import BodyRefused, pass_screened
from .customer_tokens import CustomerToken, CustomerTokens, TokenExpired
from .doorkeeper import CONSOLE, PICTURES, UPLOADS, Doorkeeper
from .gate import (
    CUSTOMER_COOKIE,
    STAFF_COOKIE,
    Access,
    NotSignedIn,
    actor_of,
    address_of,
    staff_session,
)
from .opaque_tokens import bound, same
from .rates import RateLimit
from .roles import ROLES, Permission, Role, may
from .sign_in import sign_in_routes
from .staff import Staff, StaffEntry, StaffUser, TooManyAttempts

__all__ = [
    "CONSOLE",
    "CUSTOMER_COOKIE",
    "PICTURES",
    "ROLES",
    "SCOPES",
    "STAFF_COOKIE",
    "SYSTEM",
    "UPLOADS",
    "Access",
    "Actor",
    "ApiKeys",
    "AuditLog",
    "BodyRefused",
    "CustomerToken",
    "CustomerTokens",
    "Doorkeeper",
    "Entry",
    "KeyEntry",
    "NotSignedIn",
    "Permission",
    "RateLimit",
    "Role",
    "Scope",
    "Staff",
    "StaffEntry",
    "StaffUser",
    "TokenExpired",
    "TooManyAttempts",
    "actor_of",
    "address_of",
    "bound",
    "may",
    "pass_screened",
    "same",
    "sign_in_routes",
    "staff_session",
]
