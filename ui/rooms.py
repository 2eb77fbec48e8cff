"""The open windows: browser session -> its chat. Those not used for longest are forgotten, so memory stays bounded."""

from __future__ import annotations

import threading
from collections import OrderedDict

from .chat_view import ChatView

WINDOWS = 2000
"""So many are remembered; whoever comes back to one that is not is asked to load the page again."""


class Rooms:
    """Keeps at most ``limit`` chats; the one not used for longest goes first (the record of it stays in the store)."""

    def __init__(self, limit: int = WINDOWS) -> None:
        self._limit = limit
        self._views: OrderedDict[str, ChatView] = OrderedDict()
        self._lock = threading.Lock()

    def enter(self, window: str, view: ChatView) -> None:
        with self._lock:
            self._views[window] = view
            self._views.move_to_end(window)
            while len(self._views) > self._limit:
                self._views.popitem(last=False)

    def view(self, window: str | None) -> ChatView | None:
        with self._lock:
            found = self._views.get(window or "")
            if found is not None and window is not None:
                self._views.move_to_end(window)
            return found

    def leave(self, window: str | None) -> None:
        with self._lock:
            self._views.pop(window or "", None)
