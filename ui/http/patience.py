"""Connections that send a request's head too slowly are closed: uvicorn itself waits for them for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol


def patient_protocol(timeout_s: float, report: Callable[[str], None]) -> type[H11Protocol]:
    """A protocol for ``uvicorn.Config(http=...)``; ``report`` is told the address, in a thread."""

    class PatientProtocol(H11Protocol):
        _deadline: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._deadline = self.loop.call_later(timeout_s, self._give_up)

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self.conn.their_state is not h11.IDLE:
                self._forget()
            elif self._deadline is None:
                # A kept connection has begun its next request.
                self._deadline = self.loop.call_later(timeout_s, self._give_up)

        def connection_lost(self, exc: Exception | None) -> None:
            self._forget()
            super().connection_lost(exc)

        def _forget(self) -> None:
            if self._deadline is not None:
                self._deadline.cancel()
                self._deadline = None

        def _give_up(self) -> None:
            self._deadline = None
            if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
                self.transport.close()
                self.loop.run_in_executor(None, report, str(self.client[0]) if self.client else "unknown")

    return PatientProtocol
