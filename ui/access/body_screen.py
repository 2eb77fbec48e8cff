"""Looks at a request's body while it passes on to the application, and breaks it off where it must not go on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

Screen = Callable[["Receive"], Awaitable["Message"]]
"""Receives the next message and hands it on, or raises ``BodyRefused``."""


class BodyRefused(Exception):
    """The rest of the body is not wanted: status of the answer, what the log calls it, what is told."""

    def __init__(self, status: int, why: str, told: str, allowed: str | None = None) -> None:
        super().__init__(told)
        self.status, self.why, self.told, self.allowed = status, why, told, allowed


async def pass_screened(app: ASGIApp, scope: Scope, receive: Receive, send: Send, screen: Screen) -> BodyRefused | None:
    """Run the application on the screened body. Returns why it was broken off, if nothing was answered yet."""
    refused: BodyRefused | None = None
    answered = False

    async def screened() -> Message:
        nonlocal refused
        if refused is None:
            try:
                return await screen(receive)
            except BodyRefused as error:
                refused = error
        return {"type": "http.disconnect"}

    async def once(message: Message) -> None:
        nonlocal answered
        # What the application says to a body that broke off is not what happened.
        if refused is None or answered:
            answered = True
            await send(message)

    try:
        await app(scope, screened, once)
    except Exception:
        if refused is None or answered:
            raise
    return None if answered else refused
