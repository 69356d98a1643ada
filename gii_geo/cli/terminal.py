"""What a terminal is told: results, stages at work, and one sentence for refused input."""

import json
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import IO, Any, Final, NoReturn, cast

import typer
from rich.console import Console
from rich.markup import escape

from gii_geo.faults import FAULT, judge, tell_fault
from gii_geo.sink import Sink, check_told

_LONGEST: Final = 1000
"""Letters of a sentence that refuses; what was read may be of any length."""

_PIPED_WIDTH = 110
_LOGS: Final = ("text", "json")
# typer brings click under a name that is its own: what all its refusals are is told by one of them.
_USAGE_ERROR: Final[Any] = next(
    kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException"
)


def open_stdout() -> Console:
    """Give the terminal, or a page of fixed width where the output is piped."""
    sink = Sink(sys.stdout)
    width = None if sink.isatty() else _PIPED_WIDTH
    return Console(file=cast("IO[str]", sink), width=width, highlight=False, emoji=False)


def say(*lines: str) -> None:
    """Print lines as they are, whatever stands in them."""
    console = open_stdout()
    for line in lines:
        console.print(line, soft_wrap=True, markup=False)


def _warn(line: str) -> None:
    """Print a line to stderr."""
    sink = Sink(sys.stderr)
    sink.write(" ".join(line.splitlines()) + "\n")
    sink.flush()


def run_app(app: typer.Typer, words: Sequence[str]) -> None:
    """Run the command line; where it logs JSON, an option that is not known is told so too."""
    try:
        if not _logs_json(words):
            app(args=list(words), prog_name="gii-geo")
            return
        code = app(args=list(words), prog_name="gii-geo", standalone_mode=False)
    except OSError as error:  # help on a full disk
        _warn(f"gii-geo: {tell_fault(error)}")
        code = FAULT
    except _USAGE_ERROR as error:
        _log_error(error.format_message())
        code = error.exit_code
    sys.exit(code or 0)


def _logs_json(words: Sequence[str]) -> bool:
    """Tell whether a command line asks for JSON."""
    pairs = zip(words, [*words[1:], ""], strict=True)
    return "--log=json" in words or ("--log", "json") in pairs


@contextmanager
def refuse_input(
    log: str = "text", *, warn: bool = False, only_told: bool = False
) -> Iterator[None]:
    """Turn refused input into one sentence and exit code 2; print warnings where they are asked.

    Where nothing is written but to the terminal, it is refused that this fails.
    """
    from gii_geo.tables import DataWarning  # noqa: PLC0415

    warned: dict[str, None] = {}
    show = warnings.showwarning

    def keep(message: Warning | str, category: type[Warning], *others: Any) -> None:  # noqa: ANN401
        if issubclass(category, DataWarning):
            warned[str(message)] = None
        else:
            show(message, category, *others)

    try:
        _check_log(log)
        with warnings.catch_warnings():
            warnings.simplefilter("always", DataWarning)
            warnings.showwarning = keep  # type: ignore[assignment]  # the others are handed on
            yield
        say(*(f"Warning: {text}" for text in warned if warn))  # a run's summary begins with them
        if only_told:
            check_told(sys.stdout)
    except typer.Exit:
        raise
    except (Exception, KeyboardInterrupt, SystemExit) as error:  # the unknown is raised again
        if (judged := judge(error)) is None:
            raise
        code, told = judged
        _leave(told, code, log)


def _check_log(log: str) -> None:
    """Refuse a form of progress that there is not."""
    if log not in _LOGS:
        msg = f"Invalid log {log}. Must be {' or '.join(_LOGS)}."
        raise ValueError(msg)


def _leave(told: str, code: int, log: str) -> NoReturn:
    """Print one sentence on one line, and leave."""
    line = " ".join(told.split())
    if len(line) > _LONGEST:
        line = f"{line[:_LONGEST]} ..."
    if log == "json":
        _log_error(line)
    else:
        _warn(f"gii-geo: {line}")
    raise typer.Exit(code)


@contextmanager
def show_progress(log: str = "text") -> Iterator[Any]:
    """Show the stage at work on a terminal; print one line a stage elsewhere, or one object."""
    if log == "json":
        yield lambda stage: _log_json(
            stage=getattr(stage, "name", stage), **getattr(stage, "known", {})
        )
        return
    console = Console(file=cast("IO[str]", Sink(sys.stderr)), highlight=False, emoji=False)
    if not console.is_terminal:
        yield lambda stage: _warn(f"gii-geo: {stage}")
        return
    with console.status("starting") as status:
        yield lambda stage: status.update(escape(stage))


def _log_error(message: str) -> None:
    """Print what is refused as an object."""
    _log_json(level="error", message=message)


def _log_json(**told: object) -> None:
    """Print one object on a line of stderr, with the time."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    line = json.dumps({"time": now, **told}, ensure_ascii=False, default=str)
    _warn(line)
