"""The shop over HTTP: REST with OpenAPI, chat as server-sent events, OpenAI's chat completions, health and figures.

Comes in: requests with a bearer. Goes out: JSON, problems, events. Which customer it is says ``ui.access`` alone.
"""

from __future__ import annotations

from .application import HttpDoors
from .callers import Doors
from .metrics import Metrics
from .problems import Refused, error_response
from .tracing import Tracer

__all__ = ["Doors", "HttpDoors", "Metrics", "Refused", "Tracer", "error_response"]
