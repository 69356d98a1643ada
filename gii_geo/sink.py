"""A stream for what is told, which ends nothing that is done: closed, full, or of few letters."""

import errno
import io
import os
import re
from contextlib import suppress
from typing import IO, Final

_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]|\x1b(?![\\[][0-9;]*[mAKlh?])"
)
"""What moves a terminal's cursor, clears it or turns the order of letters around."""


_lost: Final[list[tuple[IO[str], OSError]]] = []
"""Streams that could not be written to, and why."""


def check_told(inner: IO[str] | None) -> None:
    """Refuse to end well where what was told is all that was asked, and could not be written.

    Parameters
    ----------
    inner : file object or None
        The stream.

    Raises
    ------
    OSError
        As the stream did.
    """
    Sink(inner).flush()
    for stream, error in _lost:
        if stream is inner:
            raise OSError(error.errno, error.strerror, "the terminal's output")


class Sink(io.TextIOBase):
    """A stream that takes every text: what is done stands, whether or not it can be told.

    Letters that the stream does not have become question marks, and those that would steer a
    terminal are left out. A stream that is closed or full is written to no more.

    Parameters
    ----------
    inner : file object or None
        The stream; None where the process was begun without one.
    """

    def __init__(self, inner: IO[str] | None) -> None:
        self._inner = inner

    @property
    def encoding(self) -> str:  # type: ignore[override]  # a plain attribute there
        """Tell the encoding of the stream."""
        return getattr(self._inner, "encoding", None) or "utf-8"

    def isatty(self) -> bool:
        """Tell whether a person looks at it."""
        with suppress(ValueError):
            return self._inner is not None and self._inner.isatty()
        return False

    def fileno(self) -> int:
        """Give the number of the stream, which a terminal is asked for its width by."""
        if self._inner is None:
            raise OSError
        return self._inner.fileno()

    def write(self, text: str) -> int:
        """Write a text as far as it goes."""
        seen = _UNSEEN.sub("", text).encode(self.encoding, "replace").decode(self.encoding)
        self._try("write", seen)
        return len(text)

    def flush(self) -> None:
        """Hand on what was written."""
        self._try("flush")

    def _try(self, method: str, *words: str) -> None:
        """Write or flush; a stream that fails is given up."""
        if self._inner is None:
            return
        try:
            getattr(self._inner, method)(*words)
        except (OSError, ValueError) as error:  # a ValueError if it is closed
            if isinstance(error, OSError) and error.errno != errno.EPIPE:  # who reads may leave
                _lost.append((self._inner, error))
            with suppress(OSError, ValueError):  # else Python tries again at its end
                os.dup2(os.open(os.devnull, os.O_WRONLY), self._inner.fileno())
            self._inner = None
