"""The settings tab: everything as it is in force, what was changed from the default, and who may come in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from beforehand import Config

from ..answers import QUIET
from ..quiet import no_telemetry
from .desk import Desk, Visit
from .markup import Table, head_html, note_html, table_html
from .settings_editing import SettingsEditing
from .words import Words

no_telemetry()
import gradio as gr  # noqa: E402 - telemetry must be off before

_SECRET = ("key", "secret", "password", "token", "url")


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting in force."""

    name: str
    value: str
    default: str

    @property
    def changed(self) -> bool:
        return self.value != self.default


@dataclass(frozen=True, slots=True)
class SettingsView:
    """The tab's components."""

    tab: gr.Tab
    head: gr.HTML
    editing: SettingsEditing
    shown: gr.HTML

    @classmethod
    def build(cls, desk: Desk, words: Any) -> SettingsView:
        with gr.Tab(words("tab_settings"), id="settings") as tab, gr.Column(elem_classes="view"):
            head = gr.HTML("", elem_id="settings-head", js_on_load=None, apply_default_css=False)
            editing = SettingsEditing.build(desk, words)
            shown = gr.HTML("", elem_id="settings", js_on_load=None, apply_default_css=False)
        return cls(tab, head, editing, shown)

    def wire(self, desk: Desk) -> None:
        def opened(filled: bool, request: gr.Request) -> list[Any]:
            visit = desk.enter(request, "manage_shop", "settings_opened")
            head = head_html(visit.words("settings_change"), visit.words("settings_change_how"))
            # What was typed before another tab was looked at is still there.
            fields = SettingsEditing.unlocked() if filled else SettingsEditing.opened(desk)
            return [head, *fields, listed(visit), True]

        def again(request: gr.Request) -> str:
            return listed(desk.enter(request, "manage_shop", "settings_opened"))

        def listed(visit: Visit) -> str:
            members = [(one.name, one.role) for one in desk.access.staff.members()]
            return settings_html(list(read_settings(desk.shop.config)), members, visit.name, visit.role, visit.words)

        filled = gr.State(False)
        self.tab.select(opened, filled, [self.head, *self.editing.all, self.shown, filled], **QUIET)
        for done in self.editing.wire(desk):
            done.then(again, None, self.shown, **QUIET)


def read_settings(config: Config) -> Iterator[Setting]:
    """Every setting in force beside its default; what could be a secret is not shown."""
    yield from _walk("", config, Config())


def _walk(path: str, now: BaseModel, default: BaseModel) -> Iterator[Setting]:
    for name in type(now).model_fields:
        value, usual = getattr(now, name), getattr(default, name)
        where = f"{path}{name}"
        if isinstance(value, BaseModel) and isinstance(usual, BaseModel):
            yield from _walk(f"{where}.", value, usual)
        else:
            yield Setting(where, _plain(name, value), _plain(name, usual))


def _plain(name: str, value: object) -> str:
    if value in (None, "", (), [], {}):
        return "–"
    if any(part in name for part in _SECRET) and not name.endswith("_env"):
        return "•••"
    return value.as_posix() if isinstance(value, Path) else str(value)


def settings_html(settings: list[Setting], members: list[tuple[str, str]], name: str, role: str, words: Words) -> str:
    """Changed ones first, then all by part; then the staff, and how to change what."""
    columns = tuple(words(f"column_{one}") for one in ("setting", "value", "default"))
    changed = tuple((one.name, one.value, one.default) for one in settings if one.changed)
    every = tuple((one.name, one.value, one.default) for one in settings)
    parts = [
        head_html(words("settings_head"), words("settings_how")),
        table_html(Table(words("settings_changed"), columns, changed), words),
        f"<details><summary>{escape(words('settings_all', count=len(every)))}</summary>"
        f"{table_html(Table(words('settings_all', count=len(every)), columns, every), words)}</details>",
        head_html(words("staff_head"), words("signed_in", name=name, role=role)),
    ]
    if members:
        parts.append(
            table_html(Table(words("staff_rows"), (words("column_name"), words("column_role")), tuple(members)), words)
        )
    parts.append(note_html(words("staff_how")))
    return "".join(parts)
