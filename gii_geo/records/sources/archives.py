"""Downloads as they come, plain, gzip, zip or tar -> one stream a file, unpacked within bounds."""

import gzip
import io
import lzma
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final, Protocol

from gii_geo.paths import first_line
from gii_geo.records.sources.peek import PEEK_BYTES, is_peeking
from gii_geo.records.sources.wanted import Source, is_wanted, list_paths
from gii_geo.tables import InputError

HEAD_BYTES: Final = 65_536
"""How much of a file is looked at to tell what it is."""

MAX_RATIO: Final = 200
"""Bytes unpacked per byte packed. Text packs 5 to 30 times; a bomb, a thousand times and more."""

MAX_UNPACKED_BYTES: Final = 64 * 2**30
"""What one download may unpack to, whatever its size; the largest table known has 6 GiB."""

FREE_BYTES: Final = 16 * 2**20
"""What any download may unpack to, however small it is: a tiny file may repeat itself."""

MAX_MEMBERS: Final = 100_000
"""Files in one archive."""

BROKEN: Final = (
    *(OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError),
    *(RuntimeError, struct.error),
)
"""What Python's unpackers raise of a file that is damaged, or packed in a way they do not know."""

_NO_HEADER: Final = tuple(
    getattr(tarfile, f"{kind}HeaderError") for kind in ("Empty", "Truncated", "Invalid")
)
_GZIP: Final = b"\x1f\x8b"
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
_TAR: Final = slice(257, 262)


@dataclass
class Budget:
    """How much one download may still unpack to.

    Attributes
    ----------
    path : pathlib.Path
        The download.
    limit : int
        Bytes it may unpack to.
    spent : int
        Bytes it has unpacked to.
    """

    path: Path
    limit: int = field(init=False)
    spent: int = 0

    def __post_init__(self) -> None:
        """Set the limit by the size of the download."""
        allowed = max(FREE_BYTES, MAX_RATIO * self.path.stat().st_size)
        self.limit = min(MAX_UNPACKED_BYTES, allowed)

    def spend(self, size: int) -> None:
        """Count bytes unpacked, and refuse a bomb.

        Parameters
        ----------
        size : int
            Bytes.

        Raises
        ------
        InputError
            If the download unpacks to more than its limit.
        """
        self.spent += size
        if self.spent > self.limit:
            msg = f"Invalid archive {self.path}. Must unpack to at most {self.limit:,} bytes."
            raise InputError(msg)


class _Readable(Protocol):
    """Anything that bytes can be read from."""

    def read(self, size: int, /) -> bytes:
        """Read some bytes."""


class BoundedStream(io.RawIOBase):
    """A stream that counts what it unpacks, and that ends where its file is damaged.

    A reader thus gets every byte that can be had; `broken` then says why there are no more.

    Parameters
    ----------
    inner : file object
        Where the bytes come from.
    budget : Budget, optional
        Where to count them, if they are unpacked.
    whole : str, optional
        Name of a file that must be whole: if it is damaged, it is refused.
    """

    def __init__(
        self, inner: _Readable, budget: Budget | None = None, whole: str | None = None
    ) -> None:
        # read1 gives what it has, where read would drop it for the error that comes next.
        self._read = getattr(inner, "read1", inner.read)
        self._budget = budget
        self._whole = whole
        self.broken: str | None = None

    def readable(self) -> bool:
        """Tell that it can be read.

        Returns
        -------
        bool
            True.
        """
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401
        """Fill a buffer, short of it only at the end.

        Parameters
        ----------
        buffer : writable buffer
            Where the bytes go.

        Returns
        -------
        int
            How many.

        Raises
        ------
        InputError
            If the file is a bomb, or damaged and must be whole.
        """
        view, filled = memoryview(buffer), 0
        while filled < len(view) and self.broken is None:
            try:
                part = self._read(len(view) - filled)
            except BROKEN as error:
                self.broken = first_line(error)
                if self._whole is not None:
                    msg = f"Invalid file {self._whole}. Must be whole; {self.broken}."
                    raise InputError(msg) from error
                break
            if not part:
                break
            view[filled : filled + len(part)] = part
            filled += len(part)
        if self._budget is not None:
            self._budget.spend(filled)
        return filled


@dataclass(frozen=True)
class SourceFile:
    """One file, unpacked as it is read.

    Attributes
    ----------
    name : str
        Its path; within an archive, the archive's path, a slash and the member's.
    stream : io.BufferedReader
        Its bytes; to be read before the next file is asked for.
    """

    name: str
    stream: io.BufferedReader

    @property
    def head(self) -> bytes:
        """Give the first `HEAD_BYTES` before anything is read."""
        return self.stream.peek(HEAD_BYTES)[:HEAD_BYTES]

    @property
    def broken(self) -> str | None:
        """Give the reason if the file ended where it should not."""
        raw = self.stream.raw
        return raw.broken if isinstance(raw, BoundedStream) else None


def open_files(source: Source, *, endings: tuple[str, ...]) -> Iterator[SourceFile]:
    """Open the files of a download one after the other, in the order of their names.

    Parameters
    ----------
    source : str, pathlib.Path or sequence of these
        Files, folders, zip, tar and gzip archives.
    endings : tuple of str
        How the names of the files end that are looked for in folders and archives, such as
        ``(".xml",)``; a ``.gz`` behind is overlooked. A file that is named is read as it is.

    Yields
    ------
    SourceFile
        A stream with its name. It is closed when the next one is asked for.

    Raises
    ------
    InputError
        If there is no such file, or an archive is damaged, unsafe or a bomb.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with zipfile.ZipFile(f"{folder}/a.zip", "w") as archive:
    ...         archive.writestr("in/b.tsv", "hello")
    ...     [file.stream.read() for file in open_files(f"{folder}/a.zip", endings=(".tsv",))]
    [b'hello']
    """
    for path in list_paths(source, endings):
        empty = True
        for file in _open_path(path, endings):
            empty = False
            yield _shorten(file) if is_peeking() else file
            file.stream.close()
        if empty:
            msg = f"Invalid archive {path}. Must hold {' or '.join(endings)} files; found none."
            raise InputError(msg)


def _shorten(file: SourceFile) -> SourceFile:
    """Give how a file begins alone."""
    head = io.BytesIO(file.stream.read(PEEK_BYTES))
    return SourceFile(file.name, io.BufferedReader(BoundedStream(head), HEAD_BYTES))


def _open_path(path: Path, endings: tuple[str, ...]) -> Iterator[SourceFile]:
    """Open a file by what it holds, whatever its name."""
    budget = Budget(path)
    with path.open("rb") as packed:
        stream = packed.peek(HEAD_BYTES)
        if stream.startswith(_ZIP):
            yield from _open_zip(path, packed, budget, endings)
            return
        plain = _unpack(BoundedStream(packed), budget)
        if plain.peek(HEAD_BYTES)[_TAR] == b"ustar":
            yield from _open_tar(path, plain, budget, endings)
        else:
            yield SourceFile(str(path), plain)


def _unpack(stream: BoundedStream, budget: Budget) -> io.BufferedReader:
    """Make a stream peekable, and undo gzip if it is packed."""
    plain: io.BufferedReader = io.BufferedReader(stream, HEAD_BYTES)
    if plain.peek(2).startswith(_GZIP):
        unpacked = BoundedStream(gzip.GzipFile(fileobj=plain), budget)
        return io.BufferedReader(unpacked, HEAD_BYTES)
    return plain


def _open_zip(
    path: Path, packed: IO[bytes], budget: Budget, endings: tuple[str, ...]
) -> Iterator[SourceFile]:
    """Open the members of a zip file in the order of their names."""
    try:
        archive = zipfile.ZipFile(packed)
    except BROKEN as error:
        msg = f"Invalid file {path}. Must be a whole zip file; {error}."
        raise InputError(msg) from error
    members = sorted(archive.infolist(), key=lambda member: member.filename)
    check_members(path, [member.filename for member in members])
    Budget(path).spend(sum(member.file_size for member in members))  # if it owns up to being a bomb
    for member in members:
        if member.is_dir() or not is_wanted(member.filename, endings):
            continue
        try:
            opened = archive.open(member)
        except BROKEN as error:
            msg = f"Invalid archive {path}. Must be readable; {error}."
            raise InputError(msg) from error
        name = f"{path}/{member.filename}"
        # A zip file tells a damaged member only after it has been read, and then keeps its end.
        yield SourceFile(name, _unpack(BoundedStream(opened, budget, whole=name), budget))


def _open_tar(
    path: Path, stream: IO[bytes], budget: Budget, endings: tuple[str, ...]
) -> Iterator[SourceFile]:
    """Open the members of a tar file as they come, without going back."""
    try:
        with tarfile.open(fileobj=stream, mode="r|", tarinfo=_Header) as archive:
            for place, member in enumerate(archive):
                check_members(path, [member.name], place)
                if not (member.isfile() or member.isdir()):
                    msg = f"Invalid archive {path}. Must hold files only; found link {member.name}."
                    raise InputError(msg)
                if member.isfile() and is_wanted(member.name, endings):
                    opened = BoundedStream(_Member(archive.fileobj, member.size))
                    yield SourceFile(f"{path}/{member.name}", _unpack(opened, budget))
        while stream.read(HEAD_BYTES):  # what packs it has its checksum at the end
            pass
        broken = getattr(getattr(stream, "raw", None), "broken", None)
    except BROKEN as error:
        broken = str(error)
    if broken is not None:
        damaged = BoundedStream(io.BytesIO())
        damaged.broken = broken
        yield SourceFile(str(path), io.BufferedReader(damaged))


class _Header(tarfile.TarInfo):
    """The header of a member; tarfile takes a damaged one for the end of the archive."""

    @classmethod
    def fromtarfile(cls, tarfile: tarfile.TarFile) -> "_Header":  # its own name
        """Read a header; one that is damaged, and an archive without an end, is an error."""
        try:
            return super().fromtarfile(tarfile)
        except _NO_HEADER as error:
            msg = f"unexpected end of data: {first_line(error)}"
            raise EOFError(msg) from error


class _Member:
    """A member of a tar file, which tarfile itself would not give up to where it is cut."""

    def __init__(self, stream: Any, size: int) -> None:  # noqa: ANN401
        self._stream = stream
        self._left = size

    def read(self, size: int, /) -> bytes:
        """Read some bytes of it."""
        part: bytes = self._stream.read(min(size, self._left))
        self._left -= len(part)
        if self._left and not part:
            msg = "unexpected end of data"
            raise EOFError(msg)
        return part


def check_members(path: Path, names: list[str], before: int = 0) -> None:
    """Refuse an archive that reaches out of its folder or has no end.

    Parameters
    ----------
    path : pathlib.Path
        The archive.
    names : list of str
        Names of its files.
    before : int, default 0
        How many there were before these.

    Raises
    ------
    InputError
        If it does.
    """
    if before + len(names) > MAX_MEMBERS:
        msg = f"Invalid archive {path}. Must hold at most {MAX_MEMBERS:,} files."
        raise InputError(msg)
    for name in names:
        parts = re.split(r"[/\\]", name)
        if not parts[0] or ".." in parts or re.match("[A-Za-z]:", name):
            msg = f"Invalid archive {path}. Must not reach out of its folder; found {name}."
            raise InputError(msg)
