"""``beforehand init``: five questions, and a shop is there: configuration, records, index, forecasts, the page."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
import yaml

from beforehand import Config, PageSettings, Shop, ShopSettings
from store import BeforehandError, InputError

from .addresses import check_free
from .console import Advance, print_facts, print_json, progress_bars
from .import_command import tell_understood, told_rejects
from .options import SOME_REJECTED, JsonOption, remark

if TYPE_CHECKING:
    from store.imports import FilePreview, ImportProgress, ImportReport

    from .finding_exports import Exports

_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class Answers:
    """What the five questions ask."""

    name: str
    folder: Path
    currency: str
    chat_model: str
    home: Path


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("init")(init)


def init(
    name: Annotated[str | None, typer.Option(help="The shop's name, as customers know it.")] = None,
    folder: Annotated[Path | None, typer.Option("--from", help="Folder with the shop's export files.")] = None,
    currency: Annotated[str | None, typer.Option(help="Currency of amounts that name none.")] = None,
    chat_model: Annotated[str | None, typer.Option(help="builtin, or provider:model; see docs/models.md.")] = None,
    home: Annotated[Path | None, typer.Option(help="Folder for the database and the indexes.")] = None,
    config: Annotated[Path, typer.Option("--config", "-c", help="Where the settings are written.")] = Path("shop.yaml"),
    port: Annotated[int | None, typer.Option(help="Port of the page.", min=1, max=65535)] = None,
    learn: Annotated[bool, typer.Option(help="Learn forecasts from the shop's past.")] = True,
    serve: Annotated[bool, typer.Option(help="Open the page at the end.")] = True,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing; what is not given is taken as usual.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Set up a shop: asks five questions, finds its export files, imports, builds, and opens the page."""
    from .finding_exports import find_exports

    if config.exists():
        raise InputError(
            "there is a shop's configuration already", value=str(config), advice="Use another --config, or delete it"
        )
    opens = serve and not as_json
    if opens:
        # Said before anything is asked or imported, not at the end of it.
        page = PageSettings()
        check_free(page.host, port or page.port)
    answers = _ask(name, folder, currency, chat_model, home, quiet=yes or as_json)
    exports = find_exports(answers.folder)
    found = exports.ready
    if not as_json:
        _tell_found(exports, answers.folder)
    if found and not (yes or as_json) and not typer.confirm("Import these files?", default=True, err=True):
        found = []
    settings = settings_of(answers, port)
    config.write_text(written(settings), encoding="utf-8")
    with Shop.open(Config.load(config)) as shop:
        with progress_bars() as advance:
            reports, problems = _import(shop, found, advance)
            learnt = _build(shop, advance, learn=learn)
        facts = _facts(config, reports, problems, exports.left, learnt)
    print_json(facts) if as_json else print_facts(facts)
    if problems:
        raise typer.Exit(1)
    if opens:
        from .serve_commands import serve as serve_shop

        serve_shop(config=config)
    elif any(not one.clean for one in reports):
        raise typer.Exit(SOME_REJECTED)


def settings_of(answers: Answers, port: int | None = None) -> dict[str, Any]:
    """The YAML's content: only what was answered, so that later defaults are not frozen."""
    # Checked before anything is written.
    Config(
        shop=ShopSettings(name=answers.name, home=answers.home, currency=answers.currency),
        page=PageSettings() if port is None else PageSettings(port=port),
    )
    chosen: dict[str, Any] = {
        "shop": {"name": answers.name, "home": answers.home.as_posix(), "currency": answers.currency}
    }
    if answers.chat_model != "builtin":
        chosen["agent"] = {"chat_model": answers.chat_model}
    if port is not None:
        chosen["page"] = {"port": port}
    return chosen


def written(settings: dict[str, Any]) -> str:
    """The file with its own command as a header."""
    head = "# Made by: beforehand init. Every other setting stands, with its default, in configs/default.yaml.\n"
    use = "# Use: beforehand serve --config FILE\n\n"
    return head + use + yaml.safe_dump(settings, allow_unicode=True, sort_keys=False)


def _ask(
    name: str | None,
    folder: Path | None,
    currency: str | None,
    chat_model: str | None,
    home: Path | None,
    *,
    quiet: bool,
) -> Answers:
    """The five answers: given, asked for, or the usual ones."""

    def answer(given: object | None, question: str, usual: str, check: Callable[[str], _Answer]) -> _Answer:
        """What was given, asked for, or is usual. What is asked is asked again until the answer is one."""
        if given is not None or quiet:
            return check(usual if given is None else str(given))
        while True:
            try:
                return check(str(typer.prompt(question, default=usual, err=True)))
            except InputError as error:
                remark(str(error))

    return Answers(
        name=answer(name, "Your shop's name", "My shop", str.strip),
        folder=answer(folder, "Folder with your shop's export files", ".", _folder),
        currency=answer(currency, "Currency of amounts that name none", "EUR", _currency),
        chat_model=answer(chat_model, "Who answers customers: builtin (offline), or provider:model", "builtin", _model),
        home=answer(home, "Folder for the database and the indexes", ".beforehand/shop", Path),
    )


def _folder(text: str) -> Path:
    place = Path(text).expanduser()
    if not place.is_dir():
        raise InputError("there is no such folder", value=str(place), advice="Name the folder with the export files")
    return place


def _currency(text: str) -> str:
    money = text.strip().upper()
    if len(money) != 3 or not money.isalpha():
        raise InputError("not a currency", value=money, allowed="three letters, such as EUR, USD or CNY")
    return money


def _model(text: str) -> str:
    model = text.strip()
    if model != "builtin" and ":" not in model:
        raise InputError(
            "not a chat model", value=model, allowed="builtin, or provider:model", advice="See docs/models.md"
        )
    return model


def _tell_found(exports: Exports, folder: Path) -> None:
    if not exports.ready:
        remark(
            f"No export file was found in {os.path.abspath(folder)}. The shop begins empty: beforehand import FILE..."
        )
    for one in exports.ready:
        tell_understood(one)
    for told in exports.left:
        remark(f"  Left alone: {told}")


def _import(shop: Shop, found: list[FilePreview], advance: Advance) -> tuple[list[ImportReport], list[str]]:
    reports: list[ImportReport] = []
    problems: list[str] = []

    def told(step: ImportProgress) -> None:
        advance(f"Importing {step.path.name}", step.bytes_read, step.bytes_total or None)

    for one in found:
        try:
            reports.append(shop.import_file(one.path, kind=one.kind, mapping=one.mapping, progress=told))
        except BeforehandError as error:
            problems.append(f"{one.path}: {error}")
    return reports, problems


def _build(shop: Shop, advance: Advance, *, learn: bool) -> list[str]:
    """The index and, where there is enough of a past, the forecasts. Returns what was learnt and what not, in words."""
    advance("Building the search index", 0, 1)
    assert shop.products
    advance("Building the search index", 1, 1)
    if not learn:
        return []
    try:
        report = shop.train_insight(advance)
    except BeforehandError as error:
        return [f"nothing yet: {error}"]
    learnt = [one.forecast for one in report.forecasts if one.learnt]
    return [
        f"from {report.customers:,} customers: {', '.join(learnt) or 'no forecast yet'}",
        *(f"not {one.forecast}: {one.why}" for one in report.forecasts if not one.learnt),
        f"what customers will spend: {report.value}",
    ]


def _facts(
    config: Path, reports: list[ImportReport], problems: list[str], left: list[str], learnt: list[str]
) -> dict[str, object]:
    return {
        "settings": str(config),
        **{
            f"{one.kind} ({one.path.name})": f"{one.new:,} new, rows rejected: {told_rejects(one) or 'none'}"
            for one in reports
        },
        "problems": problems,
        "left alone": left,
        "learnt": learnt,
        "serve": f"beforehand serve --config {config}",
    }
