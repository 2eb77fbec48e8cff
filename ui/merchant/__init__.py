"""The merchant's console: what matters today, customers, decisions, service, data. For signed-in staff alone.

Each tab is a module of readings (records from the store), one of HTML and plots (pure), and thin Gradio wiring. Every
handler asks ``Desk`` first, which asks who is signed in and writes down what was looked at.
"""

from __future__ import annotations

from .console_page import build_console, console_words
from .desk import Desk

__all__ = ["Desk", "build_console", "console_words"]
