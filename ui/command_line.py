"""The ``beforehand`` command.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done but some rows were rejected, 130 stopped by Ctrl-C. Results go to
stdout, progress and errors to stderr. Models and the page load only in the commands that need them.
"""

from __future__ import annotations

import errno
import os
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated

import typer

from store import BeforehandError

from . import (
    access_commands,
    chat_training_command,
    customer_commands,
    data_commands,
    doctor,
    import_command,
    init_command,
    policy_commands,
    serve_commands,
    shop_commands,
)
from .console import err

app = typer.Typer(
    name="beforehand",
    help="A self-hosted customer-insight and service agent for online shops.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_NO_RIGHTS_OR_ROOM = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.ENOTDIR, errno.EISDIR}


def _version(asked: bool) -> None:
    if asked:
        try:
            typer.echo(f"beforehand {version('beforehand')}")
        except PackageNotFoundError:
            typer.echo("beforehand, run from its folder without having been installed")
        raise typer.Exit


@app.callback()
def _root(
    shown: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    """A self-hosted customer-insight and service agent for online shops."""


init_command.add_to(app)
doctor.add_to(app)
serve_commands.add_to(app)
shop_commands.add_to(app)
customer_commands.add_to(app)
import_command.add_to(app)
data_commands.add_to(app)
policy_commands.add_to(app)
chat_training_command.add_to(data_commands.train)
access_commands.add_to(app)


_LONG = {"score", "train"}
"""Commands that compute for minutes, often on the machine that serves the shop."""


def give_way() -> None:
    """Let every other process go first: a customer who waits matters more than a batch that takes longer."""
    if hasattr(os, "nice"):
        os.nice(10)


def main() -> None:
    """Run the command line; errors of ours end in one line, not in a traceback."""
    if sys.argv[1:2] and sys.argv[1] in _LONG:
        give_way()
    try:
        app(standalone_mode=True)
    except BeforehandError as error:
        err().print(f"Error: {error}")
        sys.exit(1)
    except KeyboardInterrupt:
        err().print("Stopped.")
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read our output has gone ("beforehand ... | head"); there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        if error.errno not in _NO_RIGHTS_OR_ROOM:
            raise
        place = f": {error.filename!r}" if error.filename is not None else ""
        err().print(f"Error: {error.strerror}{place}. Name a place that can be written to, and has room.")
        sys.exit(1)
