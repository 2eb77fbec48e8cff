"""Days as people write them, in English and Simplified Chinese."""

from __future__ import annotations

from datetime import datetime


def day_text(at: datetime, language: str) -> str:
    """``2 Mar 2026`` or ``2026年3月2日``; the day is that of ``at`` itself, which is UTC in records."""
    return f"{at.year}年{at.month}月{at.day}日" if language[:2] == "zh" else f"{at:%-d %b %Y}"
