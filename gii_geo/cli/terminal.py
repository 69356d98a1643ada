"""What a terminal is told: results, stages at work, and one sentence for refused input."""

import json
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final, NoReturn

import typer
from rich.console import Console

_BAD_INPUT = 2
_PIPED_WIDTH = 110
_LOGS: Final = ("text", "json")
# typer brings click under a name that is its own: what all its refusals are is told by one of them.
_USAGE_ERROR: Final[Any] = next(
    kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException"
)


def open_stdout() -> Console:
    """Give the terminal, or a page of fixed width where the output is piped."""
    return Console(width=None if sys.stdout.isatty() else _PIPED_WIDTH, highlight=False)


def run_app(app: typer.Typer, words: Sequence[str]) -> None:
    """Run the command line; where it logs JSON, an option that is not known is told so too."""
    if not _logs_json(words):
        app(args=list(words), prog_name="gii-geo")
        return
    try:
        code = app(args=list(words), prog_name="gii-geo", standalone_mode=False)
    except _USAGE_ERROR as error:
        _log_error(error.format_message())
        code = error.exit_code
    sys.exit(code or 0)


def _logs_json(words: Sequence[str]) -> bool:
    """Tell whether a command line asks for JSON."""
    pairs = zip(words, [*words[1:], ""], strict=True)
    return "--log=json" in words or ("--log", "json") in pairs


@contextmanager
def refuse_input(log: str = "text") -> Iterator[None]:
    """Turn refused input into one sentence and exit code 2."""
    from gii_geo.tables import DataWarning, InputError  # noqa: PLC0415  # --help stays quick

    try:
        _check_log(log)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DataWarning)  # the summary begins with them
            yield
    except (InputError, ValueError, TypeError, OSError) as error:
        _refuse(error, known=InputError, log=log)


def _check_log(log: str) -> None:
    """Refuse a form of progress that there is not."""
    if log not in _LOGS:
        msg = f"Invalid log {log}. Must be {' or '.join(_LOGS)}."
        raise ValueError(msg)


def _refuse(error: Exception, *, known: type[Exception], log: str) -> NoReturn:
    """Print the sentence; a fault of our own keeps its traceback."""
    ours = isinstance(error, known | OSError) or str(error).startswith("Invalid ")
    if not ours:
        raise error
    if log == "json":
        _log_error(str(error))
    else:
        typer.echo(f"gii-geo: {error}", err=True)
    raise typer.Exit(_BAD_INPUT)


@contextmanager
def show_progress(log: str = "text") -> Iterator[Any]:
    """Show the stage at work on a terminal; print one line a stage elsewhere, or one object."""
    if log == "json":
        yield lambda stage: _log_json(
            stage=getattr(stage, "name", stage), **getattr(stage, "known", {})
        )
        return
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield lambda stage: console.print(f"gii-geo: {stage}", soft_wrap=True)
        return
    with console.status("starting") as status:
        yield status.update


def _log_error(message: str) -> None:
    """Print what is refused as an object."""
    _log_json(level="error", message=message)


def _log_json(**told: object) -> None:
    """Print one object on a line of stderr, with the time."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    line = json.dumps({"time": now, **told}, ensure_ascii=False, default=str)
    typer.echo(line, err=True)
