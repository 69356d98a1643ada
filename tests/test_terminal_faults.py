"""A terminal that is no terminal: what is done stands, whatever can be told of it."""

import io
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from conftest import GII_GEO
from gii_geo import faults
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


def test_who_is_asked_to_end_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import typer  # noqa: PLC0415

    monkeypatch.setattr(faults, "_signals", [signal.SIGTERM])
    with pytest.raises(typer.Exit) as left, refuse_input():
        raise SystemExit(143)
    assert left.value.exit_code == 143
    assert capsys.readouterr().err == "gii-geo: Interrupted.\n"


def test_who_leaves_by_himself_is_left_to_do_so() -> None:
    with pytest.raises(SystemExit, match="7"), refuse_input():
        raise SystemExit(7)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["edition", "2025"], 1),
        (["--version"], 1),
        (["--help"], 1),
        (["edition", "--help"], 1),
        (["edition", "2025", "--no-such"], 2),
    ],
)
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_is_told_where_nothing_else_is_written(words: list[str], code: int) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [GII_GEO, *words], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    if code == 1:
        assert done.stderr.startswith("gii-geo: No space left on device")
        assert len(done.stderr.splitlines()) == 1


def test_who_reads_what_is_told_may_leave() -> None:
    reads, writes = os.pipe()
    os.close(reads)
    words = [GII_GEO, "edition", "2025"]
    done = subprocess.run(words, stdout=writes, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writes)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_fault_of_ours_keeps_its_traceback() -> None:
    error = RuntimeError("ours")
    with pytest.raises(RuntimeError, match="ours"), refuse_input():
        raise error
