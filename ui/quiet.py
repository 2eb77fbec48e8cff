"""Switches telemetry off. Must run before Gradio and the model hub's client are imported: they read this at import, or
when a page is built."""

from __future__ import annotations

import os


def no_telemetry() -> None:
    """Say no to Gradio's analytics and to the model hub's, whatever the environment says."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    os.environ["DO_NOT_TRACK"] = "1"
    # Gradio sums its events up for a page of its own: with pandas, after each of them, over the last 10,000. Nobody
    # sees that page here (``/metrics`` has our figures), and it cost 5 to 11 ms of a processor for every chat turn.
    os.environ["GRADIO_ANALYTICS_CACHE_FREQUENCY"] = "1000000000"
    os.environ["GRADIO_ANALYTICS_MAX_EVENTS"] = "1"
