"""Changing settings in the console: try first, then keep; one step back. For those who manage the shop."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from agent import Preview
from store import BeforehandError
from store.schema import Customer, Product

from ..access import actor_of
from ..answers import QUIET, shut
from ..names import name_of
from ..quiet import no_telemetry
from .desk import Desk
from .dials import DAYS, DIALS, REFUND_DAYS, Change, Dial, Effects, changes_of, effects_of, shown
from .markup import CLICKS, Link, Table, done_html, head_html, moment, note_html, problem_html, table_html
from .words import Words

no_telemetry()
import gradio as gr  # noqa: E402 - telemetry must be off before

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_SHOWN = 60
_GROUPS = ("first", "offers", "recommend", "person")


@dataclass(frozen=True, slots=True)
class SettingsEditing:
    """The components."""

    fields: list[Any]
    preview: gr.Button
    told: gr.HTML
    tried: gr.State
    keep: gr.Button
    back: gr.Button

    @classmethod
    def build(cls, desk: Desk, words: Any) -> SettingsEditing:
        fields: dict[str, Any] = {}
        for group in _GROUPS:
            with gr.Accordion(words(f"dials_{group}"), open=group == "first", elem_id=f"dials-{group}"):
                ours = [one for one in DIALS if one.group == group]
                for first in range(0, len(ours), 3):
                    with gr.Row():
                        for dial in ours[first : first + 3]:
                            fields[dial.name] = _field(desk, dial, words)
        preview = gr.Button(words("settings_try"), interactive=False, elem_id="settings-try")
        told = gr.HTML("", elem_id="settings-told", js_on_load=CLICKS, apply_default_css=False)
        with gr.Row():
            keep = gr.Button(words("settings_keep"), visible=False, elem_id="settings-keep", variant="primary")
            back = gr.Button(words("settings_back"), visible=False, elem_id="settings-back")
        return cls([fields[one.name] for one in DIALS], preview, told, gr.State(None), keep, back)

    @property
    def all(self) -> list[Any]:
        return [self.told, self.tried, self.keep, self.back, self.preview, *self.fields]

    def wire(self, desk: Desk) -> list[Any]:
        """Returns the two events after which other settings are in force."""
        events = _Events(desk)
        # What is tried, kept or taken back is what stands in the fields until the answer has come.
        for button in (self.preview, self.keep, self.back):
            shut(button.click, [self.preview, *self.fields])
        # Only what was tried can be kept: a field that is changed after it must be tried again.
        changed = [one.input for one in self.fields]
        gr.on(changed, None, None, self.keep, js='() => ({ __type__: "update", visible: false })', **QUIET)
        self.preview.click(events.tried, self.fields, self.all, **QUIET)
        return [
            self.keep.click(events.kept, self.tried, self.all, **QUIET),
            self.back.click(events.back, None, self.all, **QUIET),
        ]

    @staticmethod
    def unlocked(told: Any = None, tried: Any = None, keep: Any = None) -> list[Any]:
        """What ``all`` shows when everything may be typed into again and nothing else changes but what is given."""
        given = [gr.skip() if one is None else one for one in (told, tried, keep)]
        return [*given, gr.skip(), *[gr.update(interactive=True)] * (1 + len(DIALS))]

    @staticmethod
    def opened(desk: Desk) -> list[Any]:
        """What ``all`` shows when the tab is opened."""
        back = gr.update(visible=desk.shop.overrides.can_go_back)
        fields = [gr.update(value=one, interactive=True) for one in _values(desk)]
        return ["", None, gr.update(visible=False), back, gr.update(interactive=True), *fields]


def _field(desk: Desk, dial: Dial, words: Any) -> Any:
    label, value = words(dial.word), shown(desk.shop, desk.shop.config, dial)
    named = f"dial-{dial.name.replace('.', '-')}"
    # Until the values in force have come, which would take the place of what was typed, nothing can be typed.
    shut: dict[str, Any] = {"label": label, "elem_id": named, "interactive": False}
    if dial.kind == "switch":
        return gr.Checkbox(bool(value), **shut)
    if dial.kind == "clock":
        return gr.Textbox(str(value), max_length=5, **shut)
    return gr.Number(value if isinstance(value, int | float) else None, **shut)


def _values(desk: Desk) -> list[Any]:
    return [shown(desk.shop, desk.shop.config, dial) for dial in DIALS]


class _Events:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def tried(self, request: gr.Request, *values: Any) -> list[Any]:
        """What would change; only what was tried can be kept."""
        visit = self._desk.enter(request, "manage_shop", "settings_previewed")
        nothing = gr.update(visible=False)
        try:
            changes, told = changes_of(self._desk.shop, values)
            if not changes:
                return SettingsEditing.unlocked(note_html(visit.words("settings_same")), {}, nothing)
            effects = effects_of(self._desk.shop, changes)
        except BeforehandError as error:
            return SettingsEditing.unlocked(problem_html(str(error)), {}, nothing)
        shown = effects_html(told, effects, self._names(effects), visit.words)
        return SettingsEditing.unlocked(shown, changes, gr.update(visible=True))

    def kept(self, changes: dict[str, object] | None, request: gr.Request) -> list[Any]:
        """Keep what was tried."""
        visit = self._desk.enter(request, "manage_shop", "settings_kept")
        if not changes:
            return SettingsEditing.unlocked()
        shop = self._desk.shop
        return self._moved(request, lambda: shop.change_settings(changes), visit.words("settings_were_kept"))

    def back(self, request: gr.Request) -> list[Any]:
        """The settings as they were before the last change."""
        visit = self._desk.enter(request, "manage_shop", "settings_back")
        return self._moved(request, self._desk.shop.settings_back, visit.words("settings_were_back"))

    def _moved(self, request: gr.Request, move: Callable[[], object], said: str) -> list[Any]:
        """Do it, and write down what each setting was and is."""
        was = _values(self._desk)
        try:
            move()
        except BeforehandError as error:
            return [problem_html(str(error)), *SettingsEditing.opened(self._desk)[1:]]
        pairs = zip(DIALS, was, _values(self._desk), strict=True)
        self._audit(request, [(one.name, str(before), str(now)) for one, before, now in pairs if before != now])
        return [done_html(said), *SettingsEditing.opened(self._desk)[1:]]

    def _audit(self, request: gr.Request, told: Sequence[tuple[str, str, str]]) -> None:
        user = self._desk.access.staff_user(request)
        for name, was, now in told:
            if user is not None:
                who = actor_of(user, request)
                self._desk.access.audit.write("audit", who, "setting_changed", setting=name, was=was, now=now)

    def _names(self, effects: Effects) -> dict[str, str]:
        """Customer and product ids of ``effects`` -> what people call them."""
        customers = {one for one, _, _ in effects.recommendations or ()}
        customers |= {one.customer_id for one in (effects.decisions.changes[:_SHOWN] if effects.decisions else ())}
        products = {one for _, now, then in effects.recommendations or () for one in (*now, *then)}
        with self._desk.shop.database.read() as records:
            found = {one: name_of(records.get(Customer, one), one) for one in customers}
            titles = select(Product.id, Product.title).where(Product.id.in_(products))
            named = {one: title for one, title in records.execute(titles)}  # noqa: C416 - rows are no pairs to mypy
            return found | named


def effects_html(told: Sequence[Change], effects: Effects, names: dict[str, str], words: Words) -> str:
    """The changes, then what they would have done in the last days."""
    columns = tuple(words(f"column_{name}") for name in ("setting", "as_is", "changed"))
    rows = tuple((words(one.dial.word), one.now, one.then) for one in told)
    parts = [head_html(words("settings_would")), table_html(Table(words("settings_changes"), columns, rows), words)]
    if effects.decisions is not None:
        parts.append(_decisions_html(effects.decisions, names, words))
    if effects.recommendations is not None:
        parts.append(_recommendations_html(effects.recommendations, names, words))
    if effects.refunds is not None:
        total, now, then = effects.refunds
        parts.append(f"<p>{escape(words('refunds_said', days=REFUND_DAYS, total=total, now=now, then=then))}</p>")
    return "".join(parts)


def _decisions_html(found: Preview, names: dict[str, str], words: Words) -> str:
    acted = [sum(count for name, count in side.items() if name != "silence") for side in (found.before, found.after)]
    said = words("preview_said", looked=f"{found.occasions:,}", now=f"{acted[0]:,}", then=f"{acted[1]:,}", days=DAYS)
    columns = tuple(words(f"column_{name}") for name in ("time", "customer", "moment", "as_is", "changed", "why"))
    rows = tuple(
        (
            moment(one.at, words),
            Link(names.get(one.customer_id, one.customer_id), f"customer:{one.customer_id}"),
            words.named("moment", one.moment),
            words.named("action", one.was),
            words.named("action", one.would),
            one.why,
        )
        for one in found.changes[:_SHOWN]
    )
    table = Table(words("preview_rows"), columns, rows, more=max(0, len(found.changes) - _SHOWN))
    return f"<p>{escape(said)}</p>" + table_html(table, words)


def _recommendations_html(
    found: Sequence[tuple[str, Sequence[str], Sequence[str]]], names: dict[str, str], words: Words
) -> str:
    columns = tuple(words(f"column_{name}") for name in ("customer", "as_is", "changed"))
    rows = tuple(
        (Link(names.get(one, one), f"customer:{one}"), _titles(now, names), _titles(then, names))
        for one, now, then in found
    )
    return table_html(Table(words("recommend_rows"), columns, rows), words)


def _titles(products: Sequence[str], names: dict[str, str]) -> str:
    return "; ".join(names.get(one, one) for one in products) or "–"
