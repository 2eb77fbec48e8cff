"""Products side by side as an HTML table: a column per product, a row per property. Every text is escaped."""

from __future__ import annotations

from html import escape
from urllib.parse import quote

from agent import ProductComparison

from .wording import Wording


def comparison_html(found: ProductComparison, asks: dict[str, str], words: Wording) -> str:
    """``asks``: product id -> the button that asks what reviewers say of it. On a phone each property's name stands
    above its values."""
    heads = "".join(
        f'<th scope="col"><img src="pictures/{quote(one.id, safe="")}" '
        f'alt="{escape(words.picture_of.format(title=one.title))}" width="320" height="240" loading="lazy" '
        f'decoding="async"><span>{escape(one.title)}</span></th>'
        for one in found.products
    )
    rows = "".join(
        f'<tr class="{escape(one.kind)}{" differs" if one.differs else ""}"><th scope="row">{escape(one.name)}</th>'
        + "".join(f"<td>{escape(value) or _unknown(words)}</td>" for value in one.values)
        + "</tr>"
        for one in found.rows
    )
    buttons = [asks.get(one.id, "") for one in found.products]
    last = "".join(f"<td>{one}</td>" for one in buttons)
    more = f'<tr class="asks"><th scope="row">{escape(words.compare_reviews)}</th>{last}</tr>' if any(buttons) else ""
    count = len(found.products)
    return (
        f'<div class="compare of{count}" role="region" tabindex="0" aria-label="{escape(words.compare)}"><table>'
        f"<thead><tr><td></td>{heads}</tr></thead><tbody>{rows}{more}</tbody></table></div>"
    )


def _unknown(words: Wording) -> str:
    return f'<span class="unknown" aria-label="{escape(words.compare_unknown)}" role="img">–</span>'
