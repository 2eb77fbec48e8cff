"""Who is looking at the page: a pass that the shop signs and puts into the link to the chat.

A pass is a JSON Web Token (RFC 7519) signed with HMAC-SHA256, so that a shop in any language can make one with a
common library and the secret in ``<home>/page.key``. Its ``sub`` is the customer's id; its ``aud`` is ``customer``,
or ``merchant`` for the merchant's own link. A pass that is changed, expired or signed by someone else is refused.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from store import ConfigError, NotAllowed

Audience = Literal["customer", "merchant"]
_HEADER = {"alg": "HS256", "typ": "JWT"}
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
    claims: dict[str, str | int] = {"aud": audience, "sub": subject, "exp": int((now + lasts).timestamp())}
    signed = f"{_encode(_HEADER)}.{_encode(claims)}"
    return f"{signed}.{_signature(key, signed)}"


def read_pass(key: bytes, token: str, *, now: datetime) -> Pass:
    """The pass in ``token``. Raises ``NotAllowed`` for anything but a whole, living pass signed with ``key``."""
    signed, _, signature = token.rpartition(".")
    if not hmac.compare_digest(signature.encode(), _signature(key, signed).encode()):
        raise NotAllowed(_REFUSED)
    header_part, _, claims_part = signed.partition(".")
    header, claims = _decode(header_part), _decode(claims_part)
    audience, subject, ends = claims.get("aud"), claims.get("sub"), claims.get("exp")
    if header.get("alg") != "HS256" or not isinstance(subject, str) or not isinstance(ends, int):
        raise NotAllowed(_REFUSED)
    if audience != "customer" and audience != "merchant":
        raise NotAllowed(_REFUSED)
    expires = datetime.fromtimestamp(ends, tz=now.tzinfo)
    if expires <= now:
        raise NotAllowed("the link's pass has expired", value=expires.isoformat())
    return Pass(audience, subject, expires)


def _signature(key: bytes, signed: str) -> str:
    return _base64(hmac.new(key, signed.encode(), hashlib.sha256).digest())


def _encode(part: Mapping[str, str | int]) -> str:
    return _base64(json.dumps(part, separators=(",", ":")).encode())


def _decode(part: str) -> dict[str, object]:
    try:
        value = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, binascii.Error) as error:
        raise NotAllowed(_REFUSED) from error
    if not isinstance(value, dict):
        raise NotAllowed(_REFUSED)
    return value


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
