"""The objects of a JSON file: a line each, or spread over lines in arrays and saved pages."""

import codecs
import json
import re
from collections.abc import Iterable, Iterator
from typing import Final

from gii_geo.records.sources.archives import SourceFile
from gii_geo.records.sources.lines import read_lines

LIST_KEY: Final = "results"
"""Under which a page of an interface holds its list."""

_PAGE: Final = re.compile(r'\s*\{[^{}\[\]]*"(?:meta|results|group_by)"\s*:')
"""How a page begins: other keys, but no object or list, may stand before these."""

_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]')
_BETWEEN: Final = " \t,"


def read_objects(file: SourceFile) -> Iterator[str]:
    r"""Read the texts of the objects in a JSON file, however they are laid out.

    An object a line, an array of objects, a page with such an array under "results", one after the
    other or several in one line, indented or not. A line of objects that is broken takes no other
    with it; in an array or page, what stands behind a broken object is part of it.

    Parameters
    ----------
    file : SourceFile
        The file, not yet read.

    Yields
    ------
    str
        An object's text, or what stands in its place: the caller tells whether it is sound.

    Examples
    --------
    >>> import io
    >>> text = b'{"meta": {"count": 2},\n "results": [\n  {"id": 1}, {"id":\n 2}]}'
    >>> list(read_objects(SourceFile("a.json", io.BufferedReader(io.BytesIO(text)))))
    ['{"id": 1}', '{"id":\n 2}']
    """
    is_spread = _is_spread(decode_head(file))
    lines = (line for line in read_lines(file) if line.strip())
    if is_spread:
        yield from _split_objects(lines)
        return
    for line in lines:
        if line.lstrip().startswith("[") or "}{" in line or _PAGE.match(line):
            yield from _split_objects([line])
        else:
            yield line.strip(_BETWEEN)


def decode_head(file: SourceFile) -> str:
    """Read how a text file starts, whatever its encoding, without reading on.

    Parameters
    ----------
    file : SourceFile
        The file, not yet read.

    Returns
    -------
    str
        Its first characters; what cannot be read is replaced.
    """
    is_utf_16 = file.head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return file.head.decode("utf-16" if is_utf_16 else "utf-8-sig", "replace")


def _is_spread(head: str) -> bool:
    """Tell whether objects go over line ends, or several of them stand in the first line."""
    lines = [line.strip(_BETWEEN) for line in head.splitlines() if line.strip(_BETWEEN)]
    while lines and lines[0][0] not in "[{":
        del lines[0]
    if not lines or lines[0][0] == "[" or _PAGE.match(lines[0]):
        return True
    try:
        json.loads(lines[0])
    except ValueError:
        # One that goes on below; before another object, the first line is broken by itself.
        return len(lines) > 1 and lines[1][0] != "{"
    return False


def _split_objects(lines: Iterable[str]) -> Iterator[str]:
    """Split JSON text, whose strings end in the line they begin in, into its objects."""
    splitter = _Splitter()
    for line in lines:
        yield from splitter.split(line)
    yield from splitter.finish()


class _Splitter:
    """Where in a JSON text we are, and what is taken of the object we are in."""

    def __init__(self) -> None:
        self._open: list[str] = []
        self._key = ""
        self._object: int | None = None  # brackets around the object we are in
        self._list: int | None = None  # brackets around an object of the page we are in
        self._taken: list[str] = []

    def split(self, line: str) -> Iterator[str]:
        """Take in a line, and give the objects that end in it."""
        place = 0
        for token in _TOKEN.finditer(line):
            mark = token[0]
            if mark not in "[]{}":
                self._key = mark if self._is_inside() else self._key
                continue
            if self._object is None:
                yield from self._tell_between(line[place : token.start()])
                place = token.start()
            if mark in "[{":
                self._start(mark)
            elif self._ends_object():
                yield "\n".join([*self._taken, line[place : token.end()]])
                self._taken.clear()
            place = place if self._object is not None else token.end()
        if self._object is not None:
            self._taken.append(line[place:])
        else:
            yield from self._tell_between(line[place:])

    def finish(self) -> Iterator[str]:
        """Give the object that the text ends in."""
        if self._object is not None:
            yield "\n".join(self._taken)

    def _is_inside(self) -> bool:
        """Tell whether we are right inside an object, and not in a part of it."""
        return self._object is not None and len(self._open) == self._object + 1

    def _start(self, mark: str) -> None:
        """Open a bracket; one may start an object that is wanted, or the list of a page."""
        in_list = self._list is not None
        is_page = mark == "[" and not in_list and self._key == f'"{LIST_KEY}"'
        if is_page and self._is_inside():
            self._object, self._list = None, len(self._open) + 1
            self._taken.clear()
        elif mark == "{" and self._object is None and (in_list or "{" not in self._open):
            self._object, self._key = len(self._open), ""
        self._open.append(mark)

    def _ends_object(self) -> bool:
        """Close a bracket, and tell whether the object that is wanted ends with it."""
        if self._open:
            self._open.pop()
        if self._object is not None and len(self._open) <= self._object:
            self._object = None
            return True
        if self._list is not None and len(self._open) < self._list:
            self._list = None
        return False

    def _tell_between(self, text: str) -> Iterator[str]:
        """Give what stands where an object should, but not the rest of a page."""
        text = text.strip(_BETWEEN)
        if text and "{" not in self._open:
            yield text
