"""Who calls: a customer by the shop's signed token, or a program by its API key. Each route says whom it lets in.

caller: Annotated[Caller, Depends(doors.key("events"))]
caller: Annotated[Caller, Depends(doors.customer)]
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from fastapi import Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.concurrency import run_in_threadpool

from agent import Session
from beforehand import Shop
from store import BeforehandError, NotAllowed

from ..access import Access, Actor, KeyEntry, NotSignedIn, RateLimit, Scope, address_of
from .metrics import Metrics
from .problems import Refused

_CUSTOMER = HTTPBearer(
    scheme_name="customerToken", bearerFormat="JWT", description="A token that the shop signed", auto_error=False
)
_KEY = HTTPBearer(scheme_name="apiKey", description="An API key: bh_...", auto_error=False)
Given = HTTPAuthorizationCredentials | None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: ``customer_id`` for a customer, ``key`` for a program."""

    actor: Actor
    customer_id: str | None = None
    key: KeyEntry | None = None

    def session(self, language: str | None = None) -> Session:
        """The agent's session of the customer. Raises ``NotAllowed`` for a program."""
        if self.customer_id is None:
            raise NotAllowed("this needs a customer's token", value=self.actor.name)
        return Session.for_customer(self.customer_id, language)


class Doors:
    """Checks bearers, scopes and rates; what it refuses goes into the security log."""

    def __init__(self, shop: Shop, access: Access, metrics: Metrics) -> None:
        self._access, self._metrics = access, metrics
        self._by_key = RateLimit(shop.config.http.requests_per_minute)
        self._turns = RateLimit(shop.config.http.chat_turns_per_minute)
        self._told = RateLimit(6)

    async def customer(self, request: Request, given: Given = Security(_CUSTOMER)) -> Caller:  # noqa: B008 - FastAPI's form
        """A customer's token, and nothing else."""
        bearer = await self._bearer(request, given)
        try:
            found = self._access.tokens.read(bearer)
        except NotAllowed as error:
            raise await self._refusal(request, error) from error
        return Caller(Actor(f"customer:{found.customer_id}", address=address_of(request)), found.customer_id)

    def key(self, scope: Scope) -> Callable[..., Awaitable[Caller]]:
        """An API key that holds ``scope``."""

        async def by_key(request: Request, given: Given = Security(_KEY)) -> Caller:  # noqa: B008 - FastAPI's form
            bearer = await self._bearer(request, given)
            return await self._program(request, bearer, scope)

        return by_key

    def customer_or_key(self, scope: Scope) -> Callable[..., Awaitable[Caller]]:
        """Either."""

        async def by_either(
            request: Request,
            given: Given = Security(_CUSTOMER),  # noqa: B008 - FastAPI's form
            _: Given = Security(_KEY),  # noqa: B008 - FastAPI's form
        ) -> Caller:
            bearer = await self._bearer(request, given)
            if bearer.startswith("bh_"):
                return await self._program(request, bearer, scope)
            return await self.customer(request, given)

        return by_either

    async def given(self, request: Request) -> Given:
        """The bearer of a request whose route lets some in without."""
        return await _KEY(request)

    def turn(self, caller: Caller) -> None:
        """Count one turn of a customer's chat. Raises ``Refused`` when there were too many."""
        wait = self._turns.take(caller.actor.name)
        if wait:
            raise too_many(wait)

    async def _program(self, request: Request, bearer: str, scope: Scope) -> Caller:
        keys = self._access.keys
        try:
            known = keys.known(bearer)
            entry = known if known is not None else await run_in_threadpool(keys.read, bearer)
        except NotAllowed as error:
            raise await self._refusal(request, error) from error
        actor = Actor(entry.actor, address=address_of(request))
        if scope not in entry.scopes:
            refusal = NotAllowed("this key does not open that", value=" ".join(entry.scopes), allowed=scope)
            raise await self._refusal(request, refusal, actor=actor, status=403)
        wait = self._by_key.take(entry.id, entry.per_minute)
        if wait:
            self._metrics.refused.labels("rate").inc()
            raise too_many(wait)
        return Caller(actor, key=entry)

    async def _bearer(self, request: Request, given: Given) -> str:
        if given is None or not given.credentials:
            missing = NotSignedIn("this needs a bearer", advice="Send 'Authorization: Bearer ...'")
            raise await self._refusal(request, missing)
        return given.credentials

    async def _refusal(
        self, request: Request, error: NotAllowed, *, actor: Actor | None = None, status: int = 401
    ) -> BeforehandError:
        """Log it (a flood of them a few times a minute and address) and hand back what is raised."""
        self._metrics.refused.labels("scope" if status == 403 else "bearer").inc()
        who = actor or Actor("anyone", address=address_of(request))
        if not self._told.take(f"{who.name} {who.address} {request.url.path}"):
            await run_in_threadpool(
                self._access.audit.write,
                "security",
                who,
                "refused_scope" if status == 403 else "refused_bearer",
                wanted=f"{request.method} {request.url.path}",
                why=error.problem,
            )
        return Refused(status, error.problem, value=error.value, allowed=error.allowed, advice=error.advice)


def too_many(wait_s: float) -> Refused:
    after = max(1, math.ceil(wait_s))
    return Refused(429, "too many requests", advice=f"Wait {after} s", retry_after_s=after)
