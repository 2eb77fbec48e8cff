"""Options that several commands share, and how a command opens its shop."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from beforehand import Config, Shop
from store import BeforehandError

from .console import err

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="YAML configuration of the shop; see configs/.", show_default=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Write the result to stdout as JSON.")]
DemoOption = Annotated[bool, typer.Option("--demo", help="Use the demo shop (made by `beforehand demo`).")]
HostOption = Annotated[str | None, typer.Option(help="Address to listen on; by default this machine only.")]
PortOption = Annotated[int | None, typer.Option(help="Port of the page [default: 7860].", min=1, max=65535)]
DEMO_HOME = Path(".beforehand/demo")
SOME_REJECTED = 3
_ANY_AGE = timedelta(days=36500)


@contextmanager
def open_shop(config: Path | None, *, demo: bool = False) -> Iterator[Shop]:
    """The shop of a command, closed at its end."""
    if demo and config is not None:
        raise typer.BadParameter("--demo and --config exclude one another")
    if demo and not (DEMO_HOME / "shop.db").is_file():
        raise BeforehandError(
            "there is no demo shop yet", value=str(DEMO_HOME), advice="Run `beforehand demo` here first"
        )
    with Shop.demo(DEMO_HOME, max_age=_ANY_AGE) if demo else Shop.open(config) as shop:
        yield shop


def read_config(config: Path | None) -> Config:
    """The settings alone, for commands that need no shop."""
    return Config() if config is None else Config.load(config)


def remark(text: str) -> None:
    """Say something on stderr that is not part of the result."""
    err().print(text)
