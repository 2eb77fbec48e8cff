"""``beforehand import``: files in. A table of the shop's own is shown as it was understood before it goes in."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from store import BeforehandError, InputError, load_settings

from .console import err, out, print_facts, print_json, progress_bars
from .finding_exports import import_order, not_ready
from .options import SOME_REJECTED, ConfigOption, JsonOption, open_shop, remark
from .rejected_rows import commonest_reason
from .table_days import example_of, look_at, with_days

if TYPE_CHECKING:
    from store.imports import ColumnMapping, FilePreview, ImportProgress, ImportReport


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A file, and how it is to be read; ``None``: as it shows."""

    file: Path
    kind: str | None
    mapping: ColumnMapping | None


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("import")(import_files)


def import_files(
    files: Annotated[list[Path], typer.Argument(help="Files to import, or a tau-retail folder.")],
    kind: Annotated[str | None, typer.Option(help="What the files are; found out by default.")] = None,
    columns: Annotated[
        str | None, typer.Option("--map", help='YAML file with a column mapping, or "field=column,field=column".')
    ] = None,
    currency: Annotated[str | None, typer.Option(help="Of amounts that name none.")] = None,
    encoding: Annotated[
        str | None, typer.Option(help="Of the texts, such as gb18030; UTF-8, 16 and 32 are found out.")
    ] = None,
    rejects: Annotated[
        Path | None, typer.Option(help="File for rows that cannot go in [default: beside each file].")
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Take the columns of a table as they were understood; ask nothing.")
    ] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring products, customers, orders, reviews or events into the shop. Doing it again changes nothing.

    Of several files, products and customers go in before what names them.
    """
    if rejects is not None and len(files) > 1:
        raise typer.BadParameter("--rejects takes one file; import the files one by one, or leave it out")
    given = read_mapping(columns)
    reports: list[ImportReport] = []
    problems: list[str] = []
    if given is None:
        wanted = list(_looked_at(files, kind, encoding, problems, yes=yes))
    else:
        wanted = [_Wanted(file, kind, given) for file in files]
    with open_shop(config) as shop, progress_bars() as advance:

        def told(step: ImportProgress) -> None:
            advance(f"Importing {step.path.name}", step.bytes_read, step.bytes_total or None)

        for one in sorted(wanted, key=lambda one: import_order(one.kind)):
            try:
                mapping = None if one.mapping is None else with_days(one.mapping, one.file, encoding=encoding)
                reports.append(
                    shop.import_file(
                        one.file,
                        kind=one.kind,
                        mapping=mapping,
                        currency=currency,
                        encoding=encoding,
                        rejects=rejects,
                        progress=told,
                    )
                )
            except BeforehandError as error:
                # The other files can still go in; the exit code tells that not all is well.
                problems.append(f"{one.file}: {error}")
    _tell_imports(reports, problems, as_json=as_json)


def read_mapping(given: str | None) -> ColumnMapping | None:
    """A mapping from a YAML file, or from "field=column,field=column" on the command line."""
    from store.imports import ColumnMapping

    if given is None:
        return None
    if "=" not in given or Path(given).is_file():
        return load_settings(Path(given), ColumnMapping)
    return ColumnMapping(columns=read_pairs(given))


def read_pairs(given: str) -> dict[str, str]:
    """Field -> column, from "field=column,field=column"."""
    columns: dict[str, str] = {}
    for pair in given.split(","):
        name, found, column = pair.partition("=")
        if not found or not name.strip() or not column.strip():
            raise InputError("not a column mapping", value=pair, allowed='"field=column,field=column" or a YAML file')
        columns[name.strip()] = column.strip()
    return columns


def tell_understood(found: FilePreview) -> None:
    """On stderr: what the file was taken for, and which of its columns is which of our fields."""
    remark(f"  {found.path}: {found.kind}")
    if found.mapping is not None:
        remark("    " + ", ".join(f"{field} is {column!r}" for field, column in found.mapping.columns.items()))
        if found.mapping.time_format:
            remark(f"    days are written like {example_of(found.mapping.time_format)}")


def told_rejects(report: ImportReport) -> str:
    """How many rows did not go in, why most of them, and where the others are listed; empty if there are none."""
    if not report.rejects:
        return ""
    reason = commonest_reason(report.rejects)
    return f"{report.rejected:,}, with reasons in {report.rejects}; of {reason.rows:,}: {reason.text}"


def _looked_at(
    files: list[Path], kind: str | None, encoding: str | None, problems: list[str], *, yes: bool
) -> Iterator[_Wanted]:
    """The files that are to be imported; why the others are not is added to ``problems``."""
    for file in files:
        try:
            found = look_at(file, kind=kind, encoding=encoding)
        except BeforehandError as error:
            problems.append(f"{file}: {error}")
            continue
        if found.mapping is None:
            # Of a known form, under our own names, or like nothing: the import says which.
            yield _Wanted(file, found.kind, None)
        elif not found.ready:
            problems.append(not_ready(found))
        elif yes or _agreed(found):
            yield _Wanted(file, found.kind, found.mapping)
        else:
            problems.append(
                f"{file}: not imported. It looks like {found.kind}; take it so with --yes, or name the columns: --kind "
                f"{found.kind} --map {','.join(f'{field}={name}' for field, name in found.mapping.columns.items())}"
            )


def _agreed(found: FilePreview) -> bool:
    """Ask, where somebody is there to be asked."""
    if not (sys.stdin.isatty() and err().is_terminal):
        return False
    tell_understood(found)
    return typer.confirm("Import it like this?", default=True, err=True)


def _tell_imports(reports: list[ImportReport], problems: list[str], *, as_json: bool) -> None:
    if as_json:
        print_json({"imported": reports, "problems": problems})
    for number, report in enumerate([] if as_json else reports):
        if number:
            out().print("")
        counts = f"{report.new:,} new, {report.updated:,} updated, {report.unchanged:,} unchanged"
        print_facts(
            {
                "file": report.path,
                "kind": report.kind,
                "records": counts,
                "rows": f"{report.rows:,}",
                "duplicates": report.duplicates or "",
                "rejected": told_rejects(report),
                "damage": report.damage or "",
            }
        )
    for problem in problems:
        remark(f"Error: {problem}")
    if problems:
        raise typer.Exit(1)
    if not all(report.clean for report in reports):
        raise typer.Exit(SOME_REJECTED)
