"""Settings of the doors: who may come in, and how much of it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from .settings import Settings


class AccessSettings(Settings):
    """How the shop says who its customers are, and how long staff stays signed in."""

    token_algorithm: Literal["HS256", "RS256"] = "HS256"
    """How your shop signs its customers' tokens: with a shared secret, or with a private key."""
    token_secret: str | None = Field(default=None, min_length=32)
    """For HS256, best as ``${NAME}`` from the environment; ``None``: what stands in ``page.key`` in the home folder."""
    token_public_key: Path | None = None
    """For RS256: the PEM file of the public key."""
    token_issuer: str | None = None
    """What ``iss`` must be; ``None``: it is not looked at."""
    token_audience: str = Field(default="customer", min_length=1)
    """What ``aud`` must be."""
    token_longest_hours: float = Field(default=24 * 31, gt=0)
    """A token that is valid for longer from now is refused."""
    staff_session_hours: float = Field(default=12, gt=0)
    """After so long staff signs in again."""
    staff_idle_minutes: float = Field(default=120, gt=0)
    """After so long without a sign staff signs in again."""


class HttpSettings(Settings):
    """What other programs may do, and how much of it."""

    allowed_origins: tuple[str, ...] = ()
    """Pages of other addresses that may call and embed this shop: ``https://www.example.com``."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses of reverse proxies that are believed who asks and whether by HTTPS."""
    requests_per_minute: int = Field(default=600, ge=1)
    """From one network address, keys aside."""
    page_requests_per_minute: int = Field(default=3000, ge=1)
    """What open pages ask by themselves and by a click, from one network address; an open chat asks 30 times."""
    chat_turns_per_minute: int = Field(default=30, ge=1)
    """Of one customer."""
    largest_request_bytes: int = Field(default=2_000_000, ge=1024)
    """Of a request to the programming interface; what staff uploads on the page may be larger."""
    largest_picture_bytes: int = Field(default=10_000_000, ge=1024)
    """Of a picture that a customer sends in the chat; the page makes large ones smaller before."""
    largest_upload_bytes: int = Field(default=1_000_000_000, ge=1024)
    """Of a file that staff uploads on the page."""
    read_timeout_s: float = Field(default=30, gt=0)
    """A request whose body takes longer to arrive is given up."""
    traces_endpoint: str | None = None
    """Address of an OpenTelemetry collector (OTLP over HTTP); ``None``: nothing is traced."""
