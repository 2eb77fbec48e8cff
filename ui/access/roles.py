"""What staff may do. A role holds all rights of the roles before it; the after-sales policy can narrow approvals.

| role | may |
|---|---|
| viewer | see the shop's figures: today, reviews, segments, what was decided in sum; no single customer |
| agent | also see customers, their orders and conversations; answer them; approve what waits |
| manager | also bring data in and out, score files, change settings and what is sent unasked |
| owner | also add and disable staff and API keys, read the audit log |
"""

from __future__ import annotations

from typing import Literal, get_args

from store import InputError

Role = Literal["viewer", "agent", "manager", "owner"]
Permission = Literal["see_figures", "see_customers", "serve_customers", "manage_shop", "manage_access"]

ROLES: tuple[Role, ...] = get_args(Role)
_LEAST: dict[Permission, Role] = {
    "see_figures": "viewer",
    "see_customers": "agent",
    "serve_customers": "agent",
    "manage_shop": "manager",
    "manage_access": "owner",
}


def parse_role(text: str) -> Role:
    """The role of that name. Raises ``InputError`` that lists the known ones."""
    for role in ROLES:
        if role == text.strip().lower():
            return role
    raise InputError("there is no such role", value=text, allowed=ROLES)


def may(role: str, permission: Permission) -> bool:
    """Whether the role holds the right; a role that is not known holds none."""
    known: tuple[str, ...] = ROLES
    return role in known and known.index(role) >= known.index(_LEAST[permission])
