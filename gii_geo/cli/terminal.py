"""What a terminal is told: results, stages at work, and one sentence for refused input."""

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import typer
from rich.console import Console

_BAD_INPUT = 2
_PIPED_WIDTH = 110


def open_stdout() -> Console:
    """Give the terminal, or a page of fixed width where the output is piped."""
    return Console(width=None if sys.stdout.isatty() else _PIPED_WIDTH, highlight=False)


@contextmanager
def refuse_input() -> Iterator[None]:
    """Turn refused input into one sentence and exit code 2."""
    from gii_geo.tables import DataWarning, InputError  # noqa: PLC0415  # --help stays quick

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DataWarning)  # the summary begins with them
            yield
    except (InputError, ValueError, TypeError, OSError) as error:
        _refuse(error, known=InputError)


def _refuse(error: Exception, *, known: type[Exception]) -> NoReturn:
    """Print the sentence; a fault of our own keeps its traceback."""
    ours = isinstance(error, known | OSError) or str(error).startswith("Invalid ")
    if not ours:
        raise error
    typer.echo(f"gii-geo: {error}", err=True)
    raise typer.Exit(_BAD_INPUT)


@contextmanager
def show_progress() -> Iterator[Any]:
    """Show the stage at work on a terminal; print one line a stage elsewhere."""
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield lambda stage: console.print(f"gii-geo: {stage}", soft_wrap=True)
        return
    with console.status("starting") as status:
        yield status.update
