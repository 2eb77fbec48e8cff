"""Which customer is there: a token that the shop signs for somebody who is logged in with it.

A token is a JSON Web Token (RFC 7519). Its ``sub`` is the customer's id, ``aud`` and, where one is set, ``iss`` are
the configured ones, ``exp`` is when it ends. It is signed with HMAC-SHA256 and a shared secret or with RSA (RS256) and
the shop's private key. A token that is changed, expired, too long-lived or signed by someone else is refused.

``beforehand link`` signs with the shop's own secret; such tokens name it in their ``kid``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt

from store import AccessSettings, Clock, ConfigError, NotAllowed

from .signing_key import signing_key

_OWN = "beforehand"
_LONGEST = 8192
_LONGEST_ID = 200
_REFUSED = "the customer's token is not valid"


@dataclass(frozen=True, slots=True)
class CustomerToken:
    """Who is let in, and until when."""

    customer_id: str
    expires: datetime


class TokenExpired(NotAllowed):
    """It was valid once."""


class CustomerTokens:
    """Reads the shop's tokens, and signs its own. May be shared between threads."""

    def __init__(self, settings: AccessSettings, home: Path, clock: Clock) -> None:
        """Raises ``ConfigError`` if the public key cannot be read."""
        self._settings, self._clock = settings, clock
        self._own = signing_key(home)
        self._key = self._shop_key()

    def _shop_key(self) -> str:
        settings = self._settings
        if settings.token_algorithm == "HS256":
            return settings.token_secret or self._own
        if settings.token_public_key is None:
            raise ConfigError("RS256 needs the shop's public key", advice="Set access.token_public_key to a PEM file")
        try:
            text = settings.token_public_key.read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError("the public key cannot be read", value=str(settings.token_public_key)) from error
        if "BEGIN PUBLIC KEY" not in text:
            raise ConfigError(
                "that file holds no public key", value=str(settings.token_public_key), allowed="PEM: BEGIN PUBLIC KEY"
            )
        return text

    def sign(self, customer_id: str, lasts: timedelta) -> str:
        """A token of our own for a customer, as the shop would make it."""
        claims = {"aud": self._settings.token_audience, "sub": customer_id, "exp": self._clock() + lasts}
        return jwt.encode(claims, self._own, algorithm="HS256", headers={"kid": _OWN})

    def read(self, token: str) -> CustomerToken:
        """Whose it is. Raises ``TokenExpired``, or ``NotAllowed`` for anything but a whole, living, signed token."""
        if not token or len(token) > _LONGEST:
            raise NotAllowed(_REFUSED)
        try:
            claims = self._decoded(token, own=jwt.get_unverified_header(token).get("kid") == _OWN)
        except (jwt.InvalidTokenError, ValueError) as error:
            raise NotAllowed(_REFUSED) from error
        return self._living(claims)

    def _decoded(self, token: str, *, own: bool) -> dict[str, Any]:
        settings = self._settings
        # Times are compared below, with the shop's clock instead of the library's.
        options: jwt.types.Options = {
            "require": ["aud", "sub", "exp"],
            "verify_exp": False,
            "verify_nbf": False,
            "verify_iat": False,
        }
        return jwt.decode(
            token,
            self._own if own else self._key,
            algorithms=["HS256" if own else settings.token_algorithm],
            audience=settings.token_audience,
            issuer=None if own else settings.token_issuer,
            options=options,
        )

    def _living(self, claims: dict[str, Any]) -> CustomerToken:
        subject, ends, begins = claims["sub"], claims["exp"], claims.get("nbf", 0)
        numbers = isinstance(ends, int | float) and isinstance(begins, int | float)
        if not numbers or not isinstance(subject, str) or not 0 < len(subject.strip()) <= _LONGEST_ID:
            raise NotAllowed(_REFUSED)
        now = self._clock()
        if ends <= now.timestamp():
            raise TokenExpired("the customer's token has expired", advice="Let your shop sign a new one")
        if begins > now.timestamp():
            raise NotAllowed("the customer's token is not valid yet")
        if ends > (now + timedelta(hours=self._settings.token_longest_hours)).timestamp():
            raise NotAllowed(
                "the customer's token is valid for too long",
                allowed=f"at most {self._settings.token_longest_hours:g} hours from now",
            )
        return CustomerToken(subject, datetime.fromtimestamp(ends, UTC))
