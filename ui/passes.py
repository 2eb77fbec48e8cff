"""Who is looking at the page: a pass that the shop signs and puts into the link to the chat.

A pass is a JSON Web Token (RFC 7519) signed with HMAC-SHA256, so that a shop in any language can make one with a
common library and the secret in ``<home>/page.key``. Its ``sub`` is the customer's id; its ``aud`` is ``customer``,
or ``merchant`` for the merchant's own link. A pass that is changed, expired or signed by someone else is refused.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, get_args

import jwt

from store import ConfigError, NotAllowed

Audience = Literal["customer", "merchant"]
_ALGORITHM = "HS256"
_LEAST_BYTES = 32
_REFUSED = "the link's pass is not valid"


@dataclass(frozen=True, slots=True)
class Pass:
    """Who it lets in, and until when."""

    audience: Audience
    subject: str
    """The customer's id; for the merchant, "merchant"."""
    expires: datetime


def page_key(home: Path) -> bytes:
    """The shop's signing secret, made at first use and readable by its owner only."""
    file = home / "page.key"
    if not file.exists():
        home.mkdir(parents=True, exist_ok=True)
        # Written whole under another name first: a second process must never read half a secret.
        fresh = home / f"page.key.{secrets.token_hex(4)}"
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
            out.write(secrets.token_urlsafe(32))
        with contextlib.suppress(FileExistsError):
            os.link(fresh, file)
        fresh.unlink()
    key = file.read_bytes().strip()
    if len(key) < _LEAST_BYTES:
        raise ConfigError(
            "the page's signing secret is too short", value=str(file), advice="Delete the file; a new one is made"
        )
    return key


def sign_pass(key: bytes, audience: Audience, subject: str, *, now: datetime, lasts: timedelta) -> str:
    """A signed pass for ``subject`` that ends at ``now + lasts``."""
    return jwt.encode({"aud": audience, "sub": subject, "exp": now + lasts}, key, algorithm=_ALGORITHM)


def read_pass(key: bytes, token: str, *, now: datetime) -> Pass:
    """The pass in ``token``. Raises ``NotAllowed`` for anything but a whole, living pass signed with ``key``."""
    # Expiry is compared below, with the shop's clock instead of the library's.
    options: jwt.types.Options = {"require": ["aud", "sub", "exp"], "verify_exp": False}
    try:
        claims = jwt.decode(token, key, algorithms=[_ALGORITHM], audience=list(get_args(Audience)), options=options)
    except jwt.InvalidTokenError as error:
        raise NotAllowed(_REFUSED) from error
    audience, subject, ends = claims["aud"], claims["sub"], claims["exp"]
    if audience not in get_args(Audience) or not isinstance(ends, int):
        raise NotAllowed(_REFUSED)
    expires = datetime.fromtimestamp(ends, tz=now.tzinfo)
    if expires <= now:
        raise NotAllowed("the link's pass has expired", value=expires.isoformat())
    return Pass(audience, subject, expires)
