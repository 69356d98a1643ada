"""A terminal that is no terminal: what is done stands, whatever can be told of it."""

import io
import os
from typing import Any

import pytest

from gii_geo.cli.terminal import open_stdout, refuse_input, say
from gii_geo.sink import Sink


class Broken(io.StringIO):
    """A stream that fails with every text."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def write(self, text: str) -> int:
        """Fail."""
        del text
        raise self._error


@pytest.mark.parametrize(
    "stream",
    [
        None,
        Broken(BrokenPipeError()),
        Broken(OSError(28, "No space left on device")),
        Broken(ValueError("I/O operation on closed file")),
    ],
)
def test_a_stream_that_fails_is_written_to_no_more(
    monkeypatch: pytest.MonkeyPatch, stream: Any
) -> None:
    monkeypatch.setattr("sys.stdout", stream)
    say("done", "and told")
    open_stdout().print("a table")


def test_letters_that_a_stream_lacks_are_question_marks(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw, "latin-1"))
    say("Zürich – 北京")
    assert raw.getvalue().decode("latin-1") == "Zürich ? ??\n"


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("a\x1b[2Jb", "a[2Jb"),
        ("a\x07\x08b", "ab"),
        ("\u202eevil\u202c", "evil"),
        ("[/x] [red]a[/red] :smile:", "[/x] [red]a[/red] :smile:"),
        ("\x9b31m", "31m"),
    ],
)
def test_what_would_steer_a_terminal_is_left_out(
    capsys: pytest.CaptureFixture[str], text: str, seen: str
) -> None:
    say(text)
    assert capsys.readouterr().out == f"{seen}\n"


def test_a_closed_pipe_is_no_fault() -> None:
    reads, writes = os.pipe()
    os.close(reads)
    with os.fdopen(writes, "w", encoding="utf-8") as stream:
        sink = Sink(stream)
        sink.write("x" * 100_000)
        sink.flush()
        assert not sink.isatty()


@pytest.mark.parametrize(
    "error",
    [KeyboardInterrupt(), RuntimeError("Query interrupted")],
)
def test_what_is_interrupted_says_so_in_a_line(
    capsys: pytest.CaptureFixture[str], error: BaseException
) -> None:
    import typer  # noqa: PLC0415

    with pytest.raises(typer.Exit) as left, refuse_input():
        raise error
    assert left.value.exit_code == 130
    assert capsys.readouterr().err == "gii-geo: Interrupted.\n"


def test_a_fault_of_ours_keeps_its_traceback() -> None:
    error = RuntimeError("ours")
    with pytest.raises(RuntimeError, match="ours"), refuse_input():
        raise error
