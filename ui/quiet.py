"""Switches telemetry off. Must run before Gradio and the model hub's client are imported: they read this at import."""

from __future__ import annotations

import os


def no_telemetry() -> None:
    """Say no to Gradio's analytics and to the model hub's, whatever the environment says."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    os.environ["DO_NOT_TRACK"] = "1"
