"""``beforehand doctor``: looks at the machine and the shop, says what is wrong and what to do about it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import typer

from beforehand import Config, Shop
from store import BeforehandError, ConfigError

from .addresses import check_free
from .console import out, print_json
from .options import ConfigOption, JsonOption, read_config

if TYPE_CHECKING:
    from .merchant.data_state import Link

State = Literal["good", "could be better", "broken"]
_LEAST_FREE = 2 * 2**30
_LEAST_MEMORY = 3 * 2**30
_PYTHONS = ((3, 11), (3, 14))


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    what: str
    state: State
    found: str
    advice: str = ""


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("doctor")(doctor)


def doctor(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Check machine, models, index, database and GPU. Exit code 1 if something is broken."""
    findings = list(examine(read_config(config)))
    if as_json:
        print_json(findings)
    else:
        for one in findings:
            mark = {"good": "✓", "could be better": "–", "broken": "✗"}[one.state]
            out().print(f"{mark} {one.what}: {one.found}")
            if one.advice:
                out().print(f"    {one.advice}")
    if any(one.state == "broken" for one in findings):
        raise typer.Exit(1)


def examine(config: Config) -> Iterator[Finding]:
    """Look at everything; what fails is a finding, never an error."""
    for look in (_python, _memory, _disk, _torch, _faiss, _encoder, _chat_model, _port):
        yield _safely(look, config)
    yield from _shop(config)


def _safely(look: Callable[[Config], Finding], config: Config) -> Finding:
    try:
        return look(config)
    except Exception as error:  # noqa: BLE001 - a check that fails is what the doctor is asked for
        return Finding(look.__name__.strip("_").replace("_", " "), "broken", str(error))


def _python(_: Config) -> Finding:
    here = sys.version_info[:2]
    good = _PYTHONS[0] <= here < _PYTHONS[1]
    return Finding(
        "Python", "good" if good else "broken", ".".join(map(str, here)), "" if good else "Use Python 3.11 to 3.13."
    )


def _memory(_: Config) -> Finding:
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    found = f"{total / 2**30:.0f} GiB, {os.cpu_count()} cores"
    if total < _LEAST_MEMORY:
        return Finding("Machine", "could be better", found, "4 GiB of memory or more make it comfortable.")
    return Finding("Machine", "good", found)


def _disk(config: Config) -> Finding:
    place = config.shop.home
    while not place.exists() and place != place.parent:
        place = place.parent
    free = shutil.disk_usage(place).free
    found = f"{free / 2**30:.1f} GiB free at {config.shop.home}"
    if not os.access(place, os.W_OK):
        return Finding("Disk", "broken", f"{place} cannot be written to", "Choose another folder: shop.home")
    if free < _LEAST_FREE:
        return Finding("Disk", "could be better", found, "Free 2 GiB, or put shop.home on another disk.")
    return Finding("Disk", "good", found)


def _torch(config: Config) -> Finding:
    import torch

    if torch.cuda.is_available():
        return Finding("GPU", "good", f"{torch.cuda.get_device_name(0)} (PyTorch {torch.__version__})")
    if config.encoder.device == "cuda":
        return Finding("GPU", "broken", "encoder.device is cuda and there is no GPU", "Set encoder.device: auto")
    return Finding("GPU", "good", f"none, and none is needed (PyTorch {torch.__version__})")


def _faiss(_: Config) -> Finding:
    for package in ("faiss-gpu", "faiss-cpu"):
        try:
            return Finding("Vectors", "good", f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    if importlib.util.find_spec("faiss") is not None:
        return Finding("Vectors", "good", "faiss")
    return Finding("Vectors", "broken", "FAISS is not installed", 'pip install -c constraints.txt -e ".[cpu]"')


def _encoder(config: Config) -> Finding:
    from encoders import TextEncoder

    encoder = TextEncoder.load(config.encoder)
    length = len(encoder.encode(["a check"])[0])
    return Finding("Text encoder", "good", f"{config.encoder.model}, {length} dimensions")


def _chat_model(config: Config) -> Finding:
    model = config.agent.chat_model
    if model == "builtin":
        return Finding("Chat model", "good", "builtin: in process, no key")
    provider = model.partition(":")[0]
    if provider == "hf":
        from agent import open_chat_model

        open_chat_model(config.agent)
        return Finding("Chat model", "good", f"{model}: in process, no key")
    key = config.agent.api_key_env or f"{provider.upper()}_API_KEY"
    if importlib.util.find_spec(f"langchain_{provider}") is None:
        advice = (
            f'pip install -c constraints.txt -e ".[llm]" (or langchain-{provider}); until then the builtin answers.'
        )
        return Finding("Chat model", "broken", f"{model}: langchain-{provider} is not installed", advice)
    if not os.environ.get(key) and config.agent.base_url is None:
        return Finding("Chat model", "broken", f"{model}: no key", f"Set the environment variable {key}.")
    return Finding("Chat model", "good", model)


def _port(config: Config) -> Finding:
    place = f"{config.page.host}:{config.page.port}"
    try:
        check_free(config.page.host, config.page.port)
    except ConfigError:
        return Finding("Page", "could be better", f"{place} is taken", "Is it served already? Else use --port.")
    return Finding("Page", "good", f"{place} is free")


def _shop(config: Config) -> Iterator[Finding]:
    local = not config.store.url
    if local and not (config.shop.home / "shop.db").is_file():
        yield Finding(
            "Shop", "could be better", f"none at {config.shop.home} yet", "beforehand init, or beforehand demo"
        )
        return
    try:
        with Shop.open(config) as shop:
            yield from _records(shop)
    except Exception as error:  # noqa: BLE001 - a database that cannot be opened is a finding
        told = str(error) if isinstance(error, BeforehandError) else f"{type(error).__name__}: {error}"
        yield Finding("Database", "broken", told, "Is the address right, and the server running? See store.url.")


def _link(link: Link) -> Finding:
    """Whether the files fit together: events of nobody, say, let no moment be noticed."""
    found = f"{link.linked:,} of {link.count:,} {link.kind} lead to {link.to} of the shop"
    # Most visits of a shop may be nobody's; what is sold or judged is nearly always a product.
    least = 0.01 if link.to == "customers" else 0.5
    if link.count and link.linked < least * link.count:
        field = f"{link.to[:-1]}_id"
        advice = f"Import the {link.to}, then these again. Or is the column mapped as {field} not their id?"
        return Finding(link.kind.capitalize(), "could be better", found, advice)
    return Finding(link.kind.capitalize(), "good", found)


def _records(shop: Shop) -> Iterator[Finding]:
    from .merchant.data_state import read_kept, read_links, read_parts

    kept = {one.kind: one.count for one in read_kept(shop)}
    found = ", ".join(f"{count:,} {kind}" for kind, count in kept.items())
    empty = not kept["products"]
    yield Finding(
        "Database",
        "could be better" if empty else "good",
        found,
        "Import your products: beforehand import" if empty else "",
    )
    yield from map(_link, read_links(shop))
    parts = {one.name: one for one in read_parts(shop)}
    index = parts["index"].ready or empty
    yield Finding(
        "Search index",
        "good" if index else "could be better",
        "there" if index else "not built yet",
        "" if index else "It is built at the next start.",
    )
    learnt = parts["insight"].made_at
    if learnt is None:
        yield Finding("Forecasts", "could be better", "not learnt yet", "beforehand train insight")
    else:
        yield Finding("Forecasts", "good", f"learnt on {learnt:%Y-%m-%d}")
    pages: Path | str | None = shop.config.agent.help_pages
    if pages is None:
        yield Finding(
            "Help pages", "could be better", "none", "Set agent.help_pages: questions on policy are then answered."
        )
