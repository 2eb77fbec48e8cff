"""The shop over HTTP: REST with OpenAPI, chat as server-sent events, OpenAI's chat completions, health and figures.

Comes in: requests with a bearer. Goes out: JSON, problems, events. Which customer it is says ``ui.access`` alone.
"""

from __future__ import annotations

from .application import HttpDoors
from .metrics import Metrics
from .tracing import Tracer

__all__ = ["HttpDoors", "Metrics", "Tracer"]
