"""Bubbles as HTML. Every text that came from anywhere else is escaped here, and only here.

Nothing in a message is markup: neither HTML nor Markdown, so that no product title or review can draw a link, load a
picture or run a script.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from itertools import groupby
from urllib.parse import quote

from agent import ProductCard

from .bubbles import Bubble
from .comparison_markup import comparison_html
from .timeline_markup import timeline_html
from .wording import Wording

_BULLETS = ("- ", "• ", "* ", "· ")
_NUMBERED = re.compile(r"(\d{1,3})[.)、]\s+(.+)")


@dataclass(frozen=True, slots=True)
class Drawn:
    """One bubble for the browser: the page's script replaces a node only if its ``html`` changed."""

    key: str
    html: str


def draw(bubble: Bubble, words: Wording) -> Drawn:
    """The bubble as one HTML element."""
    said = text_html(_beside_table(bubble), tuple(card.title for card in bubble.cards))
    parts = [_label(bubble, words), _progress(bubble, words), f'<div class="say">{said}</div>' if said else ""]
    parts += [_picture(one, words) for one in bubble.pictures]
    parts += [timeline_html(one, words) for one in bubble.orders]
    parts += [_choices(bubble), _cards(bubble, words)]
    state = " unasked" if bubble.unasked else ""
    busy = ' aria-busy="true"' if bubble.pending else ""
    inner = "".join(parts)
    return Drawn(bubble.key, f'<article class="bubble {bubble.role}{state}"{busy}>{inner}</article>')


def _beside_table(bubble: Bubble) -> str:
    """The text without the lines that only list what the table right below says of each product."""
    if bubble.comparison is None:
        return bubble.text
    told = tuple(f"{one.title}{colon}" for one in bubble.comparison.products for colon in (":", "："))
    return "\n".join(line for line in bubble.text.splitlines() if not line.strip().startswith(told))


def text_html(text: str, titles: tuple[str, ...] = ()) -> str:
    """Plain text as paragraphs and lists; everything is escaped.

    A list of nothing but products that have a card (``titles``) is left out: the cards right below say the same.
    """
    blocks: list[str] = []
    for kind, group in groupby(_lines(text), key=lambda line: line[0]):
        lines = list(group)
        if kind == "p":
            blocks += [f"<p>{escape(said)}</p>" for _, _, said in lines]
        elif not titles or not all(said.startswith(titles) for _, _, said in lines):
            start = f' start="{lines[0][1]}"' if kind == "ol" and lines[0][1] != 1 else ""
            items = "".join(f"<li>{escape(said)}</li>" for _, _, said in lines)
            blocks.append(f"<{kind}{start}>{items}</{kind}>")
    return "".join(blocks)


def _lines(text: str) -> Iterator[tuple[str, int, str]]:
    """Each line as (p, ul or ol; its number; its words). A number counts only where it goes on from the line before."""
    expected: int | None = None
    for line in text.splitlines():
        said = line.strip()
        numbered = _NUMBERED.match(said)
        if not said:
            continue
        if said.startswith(_BULLETS):
            expected = None
            yield "ul", 0, said[2:].strip()
        elif numbered and (expected is None or int(numbered[1]) == expected):
            expected = int(numbered[1]) + 1
            yield "ol", int(numbered[1]), numbered[2]
        else:
            expected = None
            yield "p", 0, said


def bar_html(share: float | None, label: str, value: str) -> str:
    """A progress bar; ``share`` from 0 to 1, ``None`` where the end is not known."""
    now = "" if share is None else f' aria-valuenow="{round(100 * share)}"'
    width = "" if share is None else f' style="width:{100 * min(1.0, share):.1f}%"'
    unknown = " unknown" if share is None else ""
    return (
        f'<div class="bar{unknown}" role="progressbar" aria-label="{escape(label)}" aria-valuemin="0" '
        f'aria-valuemax="100"{now}><span{width}></span></div><p class="bar-text">{escape(value)}</p>'
    )


def note_html(text: str, kind: str = "note") -> str:
    """A line of the page itself, such as an error; screen readers are told."""
    role = "alert" if kind == "problem" else "status"
    return f'<p class="{kind}" role="{role}">{escape(text)}</p>' if text else ""


def _label(bubble: Bubble, words: Wording) -> str:
    speaker = {"customer": words.you, "assistant": words.assistant, "staff": words.staff, "note": ""}[bubble.role]
    if bubble.unasked:
        speaker = words.before_you_asked
    time = ""
    if bubble.at is not None:
        stamp = bubble.at.isoformat(timespec="seconds")
        time = f'<time datetime="{stamp}"></time>'
    return f'<header><span class="speaker">{escape(speaker)}</span>{time}</header>' if speaker else ""


def _progress(bubble: Bubble, words: Wording) -> str:
    if not bubble.pending:
        return ""
    lines = bubble.progress or (words.working,)
    *done, now = lines
    listed = "".join(f"<li>{escape(line)}</li>" for line in done)
    dots = '<span class="dots" aria-hidden="true"></span>'
    return f'<ul class="progress">{listed}<li class="now">{dots}{escape(now)}</li></ul>'


def _picture(picture_id: str, words: Wording) -> str:
    address = f"attachments/{quote(picture_id, safe='')}"
    return (
        f'<a class="sent" href="{address}" target="_blank" rel="noopener"><img src="{address}" '
        f'alt="{escape(words.your_picture)}" loading="lazy" decoding="async"></a>'
    )


def _choices(bubble: Bubble) -> str:
    if not bubble.choices:
        return ""
    disabled = " disabled" if bubble.answered else ""
    buttons = "".join(
        f'<button type="button" class="choice {choice.style}" data-say="{escape(bubble.key)}:{place}"{disabled}>'
        f"{escape(choice.label)}</button>"
        for place, choice in enumerate(bubble.choices)
    )
    return f'<div class="choices" role="group" aria-label="{escape(bubble.question)}">{buttons}</div>'


def _cards(bubble: Bubble, words: Wording) -> str:
    says = {card.id: f"{bubble.key}:card{place}" for place, card in enumerate(bubble.cards)}
    if bubble.comparison is not None:
        compared = bubble.comparison.products
        return comparison_html(
            bubble.comparison, {one.id: _ask(one, says.get(one.id), words) for one in compared}, words
        )
    drawn = "".join(_card(card, says[card.id], words) for card in bubble.cards)
    return f'<ul class="cards">{drawn}</ul>' if drawn else ""


def _card(card: ProductCard, say: str, words: Wording) -> str:
    picture = (
        f'<img src="pictures/{quote(card.id, safe="")}" alt="{escape(words.picture_of.format(title=card.title))}" '
        'width="320" height="240" loading="lazy" decoding="async">'
    )
    price = card.price or words.no_price
    if card.price and card.price_varies:
        price = words.from_price.format(price=card.price)
    why = (
        f'<details class="why" data-keep="{escape(say)}"><summary>{escape(words.why_this)}</summary>'
        f"<p>{escape(card.why or words.why_asked)}</p></details>"
    )
    stock, shown = ("in", words.in_stock) if card.in_stock else ("out", words.out_of_stock)
    return (
        f'<li class="card">{picture}<div class="card-body"><h3>{escape(card.title)}</h3>'
        f'<p class="facts"><span class="price">{escape(price)}</span>{_rating(card, words)}</p>'
        f'<p class="stock {stock}">{escape(shown)}</p>{why}{_ask(card, say, words)}</div></li>'
    )


def _ask(card: ProductCard, say: str | None, words: Wording) -> str:
    """The button that asks what reviewers say; none where there are no reviews."""
    if not card.review_count or say is None:
        return ""
    spoken = words.more_question.format(title=card.title)
    return (
        f'<button type="button" class="ask" data-say="{escape(say)}" aria-label="{escape(spoken)}">'
        f"{escape(words.more)}</button>"
    )


def _rating(card: ProductCard, words: Wording) -> str:
    if card.rating is None or not card.review_count:
        return f'<span class="rating none">{escape(words.no_rating)}</span>'
    stars = f"{card.rating:.1f}"
    spoken = words.rating_label.format(stars=stars, count=card.review_count)
    seen = words.rating.format(stars=stars, count=card.review_count)
    star = '<i aria-hidden="true">★</i>'
    return f'<span class="rating" role="img" aria-label="{escape(spoken)}">{star} {escape(seen)}</span>'
