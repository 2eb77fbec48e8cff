"""How the server's answers reach a page: none over what a person typed, chose or opened while it was on its way.

An answer may come late: the machine is busy, the line is slow. Those of one queue come in the order in which they were
asked for; a look for news by the clock stands outside of it, so what it brings says how new it is (``number``).
"""

from __future__ import annotations

import itertools
import time
from typing import Any

QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
IN_TURN: dict[str, Any] = {**QUIET, "trigger_mode": "multiple"}
"""For an event that shows what a person asked for last: none is dropped while one before it is on its way (Gradio's
way otherwise), and one after the other is answered."""

_numbers = itertools.count(int(time.time() * 1_000_000))

TAKE = """(text, ...others) => {
  const box = document.querySelector("%s textarea");
  // A box that is empty at once can be written into at once; emptied by the answer, it would lose those words.
  if (box) { box.value = ""; box.dispatchEvent(new Event("input", { bubbles: true })); }
  return [text, ...others];
}"""
"""What a text box held, taken out of it in the browser: the ``js`` of an event whose first input it is."""


def number() -> int:
    """Larger than all before, those of an earlier run too. Take it before what it stands beside is read."""
    return next(_numbers)


def take(box: str) -> str:
    """``TAKE`` for the box with this ``elem_id``."""
    return TAKE % f"#{box}"


def shut(when: Any, components: list[Any]) -> None:
    """Nothing can be typed into ``components`` from ``when`` on, until an answer opens them again. At once, in the
    browser: what is typed before an answer that fills them would be lost."""
    update = '{ __type__: "update", interactive: false }'
    when(None, None, components, js=f"() => Array({len(components)}).fill({update})", **QUIET)
