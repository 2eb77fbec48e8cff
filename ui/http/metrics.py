"""What Prometheus can read: requests, chat turns, events, refusals. One registry per application."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
CONTENT_TYPE = CONTENT_TYPE_LATEST


class Metrics:
    """The figures. May be shared between threads."""

    def __init__(self) -> None:
        kept = self.registry = CollectorRegistry()
        ProcessCollector(registry=kept)
        self.requests = Counter(
            "beforehand_requests", "Requests by route, method and status.", ("route", "method", "status"), registry=kept
        )
        self.seconds = Histogram(
            "beforehand_request_seconds", "Time to the end of the answer.", ("route",), buckets=_SECONDS, registry=kept
        )
        self.turns = Counter("beforehand_chat_turns", "Turns of chats by what they led to.", ("kind",), registry=kept)
        self.events = Counter("beforehand_events", "Events in: new, or known already.", ("result",), registry=kept)
        self.refused = Counter("beforehand_refused", "Requests that were refused, by why.", ("why",), registry=kept)
        self.waiting = Gauge("beforehand_events_waiting", "Events that are not written yet.", registry=kept)

    def text(self) -> bytes:
        """The exposition in Prometheus' text format."""
        return generate_latest(self.registry)
