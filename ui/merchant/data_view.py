"""The data tab: what is there, and a file brought in: looked at first, then imported, its rejects to download."""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from store import BeforehandError
from store.imports import KINDS, ColumnMapping, FilePreview

from ..answers import IN_TURN, QUIET, shut
from ..long_work import LongWork
from ..markup import bar_html
from ..quiet import no_telemetry
from ..rejected_rows import commonest_reason
from ..reviews_tab import FILE_TYPES
from ..table_days import example_of, look_at, with_days
from .data_state import Kept, Part, read_kept, read_parts
from .desk import Desk
from .markup import Table, done_html, head_html, moment, note_html, problem_html, table_html
from .words import Words

no_telemetry()
import gradio as gr  # noqa: E402 - telemetry must be off before

if TYPE_CHECKING:
    from store.imports import ImportProgress, ImportReport

_FOLDERS = ("tau-retail",)


@dataclass(frozen=True, slots=True)
class DataView:
    """The tab's components."""

    tab: gr.Tab
    state: gr.HTML
    file: gr.File
    kind: gr.Dropdown
    mapping: gr.Textbox
    understood: gr.HTML
    start: gr.Button
    progress: gr.HTML
    rejects: gr.File

    @classmethod
    def build(cls, words: Any) -> DataView:
        with gr.Tab(words("tab_data"), id="data") as tab, gr.Column(elem_classes="view"):
            state = gr.HTML("", elem_id="data-state", js_on_load=None, apply_default_css=False)
            file = gr.File(
                label=words("import_file"), file_types=FILE_TYPES, type="filepath", height=130, elem_id="import-file"
            )
            with gr.Row():
                kind = gr.Dropdown(
                    [(words("kind_found"), ""), *((one, one) for one in KINDS if one not in _FOLDERS)],
                    value="", label=words("kind"), elem_id="import-kind",
                )  # fmt: skip
                mapping = gr.Textbox(
                    label=words("mapping"), placeholder=words("mapping_hint"), max_length=2000, elem_id="import-mapping"
                )
            understood = gr.HTML("", elem_id="understood", js_on_load=None, apply_default_css=False)
            start = gr.Button(words("import_start"), variant="primary", visible=False, elem_id="import-start")
            progress = gr.HTML("", elem_id="import-progress", js_on_load=None, apply_default_css=False)
            rejects = gr.File(label=words("rejects"), visible=False, interactive=False, elem_id="import-rejects")
        return cls(tab, state, file, kind, mapping, understood, start, progress, rejects)

    def wire(self, desk: Desk) -> None:
        events = _Events(desk)
        self.tab.select(events.state, None, self.state, **QUIET)
        looked = [self.understood, self.mapping, self.start, self.progress, self.rejects]
        asked = partial(gr.on, [self.file.change, self.kind.input])
        # The columns of the file before are not those of this one: until they have come, nothing can be done with them.
        shut(asked, [self.mapping, self.start])
        asked(events.look, [self.file, self.kind], looked, **IN_TURN)
        chosen = [self.file, self.kind, self.mapping]
        shut(self.start.click, chosen)
        came = self.start.click(events.bring, chosen, [self.progress, self.start, self.rejects, *chosen], **QUIET)
        came.then(events.state, None, self.state, **QUIET)


class _Events:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def state(self, request: gr.Request) -> str:
        visit = self._desk.enter(request, "see_figures", "data_opened")
        return state_html(read_kept(self._desk.shop), read_parts(self._desk.shop), visit.words)

    def look(self, file: str | None, kind: str, request: gr.Request) -> list[Any]:
        """Show what was understood of the file; nothing is written."""
        visit = self._desk.enter(request, "manage_shop", "file_looked_at")
        gone = gr.update(visible=False)
        if not file:
            return ["", gr.update(value="", interactive=True), gone, "", gone]
        try:
            found = look_at(Path(file), kind=kind or None)
        except BeforehandError as error:
            return [problem_html(str(error)), gr.update(value="", interactive=True), gone, "", gone]
        mapping = mapping_text(found.mapping) if found.mapping is not None else ""
        # A mapping can be mended by hand, so what is not ready can be tried all the same.
        may = found.kind is not None
        box, start = gr.update(value=mapping, interactive=True), gr.update(visible=may, interactive=True)
        return [understood_html(found, visit.words), box, start, "", gone]

    def bring(self, file: str | None, kind: str, mapping: str, request: gr.Request) -> Iterator[list[Any]]:
        """Import it, with progress and the time that is left."""
        visit = self._desk.enter(request, "manage_shop", "file_imported", file=Path(file or "").name)
        words, gone = visit.words, gr.update(visible=False)
        again = [gr.update(interactive=True)] * 3
        if not file:
            yield [problem_html(words("no_file")), gone, gone, *again]
            return
        rejects = _place() / f"{Path(file).name}.rejects.jsonl"
        try:
            found = look_at(Path(file), kind=kind or None)
            columns = read_mapping_text(mapping, found.mapping)
            columns = None if columns is None else with_days(columns, found.path)
        except BeforehandError as error:
            yield [problem_html(str(error)), gr.update(visible=True), gone, *again]
            return

        def work(told: Any) -> ImportReport:
            def step(one: ImportProgress) -> None:
                told(f"rows: {one.rows:,}", one.bytes_read, one.bytes_total or None)

            return self._desk.shop.import_file(file, kind=found.kind, mapping=columns, rejects=rejects, progress=step)

        running = LongWork(work)
        for one in running.steps():
            left = words("left", seconds=max(1, round(one.left_s))) if one.left_s else ""
            rows = one.what.removeprefix("rows: ") or "0"
            bar = bar_html(one.share, words("importing"), words("import_step", rows=rows, left=left))
            yield [bar, gr.update(visible=False), gone, *[gr.skip()] * 3]
        if running.problem is not None or running.result is None:
            yield [problem_html(str(running.problem)), gr.update(visible=True), gone, *again]
            return
        report = running.result
        shown = gr.update(visible=report.rejects is not None, value=str(report.rejects) if report.rejects else None)
        yield [report_html(report, words), gr.update(visible=False), shown, *again]


def _place() -> Path:
    """A folder for one rejects file, where the page may serve it from."""
    place = Path(os.environ.get("GRADIO_TEMP_DIR") or Path(tempfile.gettempdir()) / "gradio")
    folder = place / f"rejects-{uuid.uuid4().hex}"
    folder.mkdir(parents=True)
    return folder


def mapping_text(mapping: ColumnMapping) -> str:
    """``field=column`` pairs, as they can be changed by hand."""
    return ", ".join(f"{field}={column}" for field, column in mapping.columns.items())


def read_mapping_text(text: str, guessed: ColumnMapping | None) -> ColumnMapping | None:
    """What stands in the box; the rest (values, time format) stays as guessed. Raises ``InputError`` otherwise."""
    from ..import_command import read_pairs

    if not text.strip():
        return guessed
    columns = read_pairs(text)
    return ColumnMapping(columns=columns) if guessed is None else guessed.model_copy(update={"columns": columns})


def understood_html(found: FilePreview, words: Words) -> str:
    """What kind it is, which column is which field, and the first rows."""
    if found.kind is None:
        return problem_html(words("not_understood", columns=", ".join(found.columns[:20])))
    parts = [f"<p><strong>{escape(words('understood', kind=found.kind))}</strong></p>"]
    if found.missing:
        parts.append(problem_html(words("missing", fields=", ".join(found.missing))))
    if found.mapping is not None:
        pairs = tuple((field, column) for field, column in found.mapping.columns.items())
        parts.append(
            table_html(Table(words("mapping_found"), (words("our_field"), words("your_column")), pairs), words)
        )
        if found.mapping.time_format:
            parts.append(note_html(words("days_written", example=example_of(found.mapping.time_format))))
    if found.rows:
        columns = found.columns[:12]
        rows = tuple(tuple(row.get(name, "") for name in columns) for row in found.rows)
        parts.append(table_html(Table(words("first_rows"), columns, rows), words))
    if found.unreadable:
        parts.append(note_html(words("unreadable", count=found.unreadable)))
    return "".join(parts)


def report_html(report: ImportReport, words: Words) -> str:
    said = done_html(
        words(
            "imported", kind=report.kind, rows=f"{report.rows:,}", new=f"{report.new:,}",
            updated=f"{report.updated:,}", unchanged=f"{report.unchanged:,}", seconds=f"{report.seconds:.1f}",
        )
    )  # fmt: skip
    if report.rejects:
        reason = commonest_reason(report.rejects)
        said += problem_html(
            words("rejected", count=f"{report.rejected:,}", most=f"{reason.rows:,}", reason=reason.text)
        )
    return said + (problem_html(report.damage) if report.damage else "")


def state_html(kept: list[Kept], parts: list[Part], words: Words) -> str:
    rows = tuple((words(f"kind_{one.kind}"), f"{one.count:,}", moment(one.latest, words)) for one in kept)
    columns = tuple(words(f"column_{name}") for name in ("what", "count", "latest"))
    there = table_html(Table(words("records"), columns, rows), words)
    states = tuple(
        (
            words(f"part_{one.name}"),
            words("ready" if one.ready else "under_way" if one.begun else "not_ready"),
            moment(one.made_at, words),
            ", ".join(one.facts),
        )
        for one in parts
    )
    columns = tuple(words(f"column_{name}") for name in ("what", "state", "made", "details"))
    return head_html(words("data_head")) + there + table_html(Table(words("parts"), columns, states), words)
