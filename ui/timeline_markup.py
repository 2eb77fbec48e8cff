"""An order's time line as HTML: a list of steps, each with its day. Every text of the shop is escaped."""

from __future__ import annotations

from html import escape

from .dates import day_text
from .order_timeline import OrderTimeline, Step
from .wording import Wording

_MOST_ITEMS = 3


def timeline_html(order: OrderTimeline, words: Wording) -> str:
    """The order's id, what is in it, and its steps; the one that it stands at is marked for everybody."""
    label = words.order_steps.format(order=order.order_id)
    items = ", ".join(order.items[:_MOST_ITEMS]) + (" …" if len(order.items) > _MOST_ITEMS else "")
    steps = "".join(_step(one, words) for one in order.steps)
    return (
        f'<section class="order" aria-label="{escape(label)}"><p class="order-head"><strong>{escape(order.order_id)}'
        f"</strong> <span>{escape(items)}</span></p><ol>{steps}</ol></section>"
    )


def _step(step: Step, words: Wording) -> str:
    name = words.steps[step.kind]
    if step.state != "done" and step.kind in words.steps_open:
        name = words.steps_open[step.kind]
    if step.amount:
        name = f"{name} {step.amount}"
    below = ""
    if step.at is not None:
        day = day_text(step.at, words.code)
        said = words.step_promised.format(day=day) if step.state == "coming" else day
        below = f'<time datetime="{step.at.date().isoformat()}">{escape(said)}</time>'
    elif step.state == "late":
        below = f"<em>{escape(words.step_late)}</em>"
    current = ' aria-current="step"' if step.state in {"now", "late"} else ""
    unread = f'<span class="unseen"> ({escape(words.step_to_come)})</span>' if step.state == "coming" else ""
    return f'<li class="{step.state}"{current}><span class="step">{escape(name)}{unread}</span>{below}</li>'
