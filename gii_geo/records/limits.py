"""What DuckDB may use of the machine: memory, threads, and a disk for what memory does not hold."""

import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final, Self

import duckdb

from gii_geo.faults import FaultError
from gii_geo.paths import can_write, check_folder
from gii_geo.ranges import check_given, show_value
from gii_geo.records.spill import Spill
from gii_geo.tables import InputError

DEFAULT_MEMORY: Final = "768MB"
"""What DuckDB may hold before it spills to disk."""

LEAST_MEMORY: Final = 128_000_000
"""Bytes; below, not even some hundred thousand rows with ids can be read."""

MOST_THREADS: Final = 1024

_SIZE: Final = re.compile(r"(\d+(?:\.\d+)?) ?([KMGT])(i?)B", re.IGNORECASE)
_POWERS: Final = {"K": 1, "M": 2, "G": 3, "T": 4}
_MOUNTS: Final = Path("/proc/self/mounts")
_IN_MEMORY: Final = ("tmpfs", "ramfs")
_JOINED: Final = 192
"""Bytes of a row that others are joined to: an id, numbers and a hash, in half of the memory."""
_SORTED: Final = 768
"""Bytes of a record whose places are sorted, in a quarter of the memory."""
_UNPACKED: Final = 6
"""What the rows of a file take as they are weighed, by bytes of the file (measured, Parquet)."""

_EMPTY: Final = "32MB"
"""Less than DuckDB holds whenever it has read a large table."""

_NO_DISK: Final = ("offload", "max_temp_directory_size", "No space left", "duckdb_temp_")


@dataclass(frozen=True)
class Limits:
    """What DuckDB may use. Nothing that is read hangs on it.

    Attributes
    ----------
    memory : str
        What it may hold, such as "512MB" or "2GB"; further rows are spilled to disk. Python itself
        holds what a world comes to, beside it.
    threads : int or None
        Threads; by default one a core.
    spill : pathlib.Path or None
        Folder on a disk for what memory does not hold, made if it is missing; by default the
        system's folder for temporary files or, where that is memory, another.
    """

    memory: str = DEFAULT_MEMORY
    threads: int | None = None
    spill: Path | None = None

    @classmethod
    def choose(cls, asked: Mapping[str, Any] | None) -> Self:
        """Read the limits that `read_world` takes.

        Parameters
        ----------
        asked : mapping of str to Any or None
            Any of memory, threads and spill; None stands for the default.

        Returns
        -------
        Limits
            The limits.

        Raises
        ------
        InputError
            If there is no such limit, it cannot have the value, or nothing can be spilled there.

        Examples
        --------
        >>> Limits.choose({"memory": "2GB", "threads": 1}).threads
        1
        """
        if asked is not None:
            must = "map limit to value, such as {'memory': '2GB'}"
            check_given("duckdb", asked, Mapping, must=must, error=InputError)
        given = {name: value for name, value in (asked or {}).items() if value is not None}
        known = [item.name for item in fields(cls)]
        for name in given:
            if name not in known:
                msg = f"Invalid limit {name} of DuckDB. Must be {', '.join(known)}."
                raise InputError(msg)
        if "memory" in given:
            given["memory"] = _check_memory(given["memory"])
        if "threads" in given:
            _check_threads(given["threads"])
        if "spill" in given:
            given["spill"] = _check_spill(given["spill"])
        return cls(**given)

    @property
    def folder(self) -> Path:
        """Give the folder for what memory does not hold: a disk where there is one."""
        if self.spill is not None:
            return self.spill
        usual = Path(tempfile.gettempdir())
        folders = [folder for folder in (usual, Path("/var/tmp"), Path.cwd()) if folder.is_dir()]  # noqa: S108
        on_disk = (folder for folder in folders if find_memory(folder) is None)
        return next((folder for folder in on_disk if can_write(folder)), usual)

    @property
    def most_joined(self) -> int:
        """Give how many rows another table can be joined to in memory."""
        return count_bytes(self.memory) // _JOINED

    @property
    def most_sorted(self) -> int:
        """Give how many records are sorted at once, with all places of each."""
        return count_bytes(self.memory) // _SORTED

    def connect(self) -> tuple[duckdb.DuckDBPyConnection, Spill]:
        """Open a DuckDB within the limits.

        Returns
        -------
        connection : duckdb.DuckDBPyConnection
            The connection.
        spill : Spill
            A folder of its own for what it spills, to be removed afterwards.

        Raises
        ------
        InputError
            If there is no place for the folder.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            spill = Spill(self.folder)
        except OSError as error:
            msg = f"Invalid spill folder {self.folder}. Must be writable."
            raise InputError(msg) from error
        config: dict[str, Any] = {"memory_limit": self.memory, "temp_directory": str(spill.path)}
        if self.threads is not None:
            config["threads"] = self.threads
        return duckdb.connect(config=config), spill

    def empty(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Let DuckDB put away what it holds in memory only because it may.

        Parameters
        ----------
        connection : duckdb.DuckDBPyConnection
            From `connect`.
        """
        with suppress(duckdb.OutOfMemoryException):  # some it cannot put away
            connection.execute(f"SET memory_limit = '{_EMPTY}'")
        connection.execute(f"SET memory_limit = '{self.memory}'")

    def tell_spill(self, files: Iterable[Path]) -> str | None:
        """Say where what memory does not hold goes, if there may be any.

        Parameters
        ----------
        files : iterable of pathlib.Path
            What is about to be read.

        Returns
        -------
        str or None
            None where there will hardly be any, and the folder is on a disk.
        """
        system = find_memory(self.folder)
        if system is not None:
            return f"spilling to {self.folder}, which is memory too ({system}): name a disk (spill)"
        size = sum(file.stat().st_size for file in files)
        if _UNPACKED * size <= count_bytes(self.memory):
            return None
        free = shutil.disk_usage(self.folder).free / 1e9
        return f"spilling what {self.memory} do not hold to {self.folder} ({free:,.1f} GB free)"

    def explain(self, error: BaseException | None) -> str | None:
        """Say what to do where DuckDB ran out of memory or of disk.

        Parameters
        ----------
        error : BaseException or None
            What ended the reading.

        Returns
        -------
        str or None
            A sentence, or None where it ended otherwise.
        """
        cause = error if isinstance(error, duckdb.Error) else getattr(error, "__cause__", None)
        if not isinstance(cause, duckdb.Error) or isinstance(error, FaultError):
            return None
        if any(words in str(cause) for words in _NO_DISK):
            return (
                f"Invalid spill folder {self.folder}. Must hold what {self.memory} of memory do "
                "not; it is full: name another disk (--spill), or give more memory (--memory)."
            )
        if isinstance(cause, duckdb.OutOfMemoryException):
            return (
                f"Invalid memory {self.memory}. Must be enough for the input; DuckDB ran out of "
                "it: give more (--memory), or fewer threads (--threads 1)."
            )
        return None


def count_bytes(size: str) -> int:
    """Count the bytes of a size as DuckDB writes it.

    Parameters
    ----------
    size : str
        Such as "512MB" (of 1,000) or "2GiB" (of 1,024).

    Returns
    -------
    int
        Bytes.

    Raises
    ------
    ValueError
        If it is none.

    Examples
    --------
    >>> count_bytes("1.5 GB"), count_bytes("1kib")
    (1500000000, 1024)
    """
    read = _SIZE.fullmatch(size.strip())
    if read is None:
        raise ValueError(size)
    number, unit, binary = read.groups()
    return int(float(number) * (1024 if binary else 1000) ** _POWERS[unit.upper()])


def find_memory(folder: Path) -> str | None:
    """Tell whether what is written to a folder stays in memory.

    Parameters
    ----------
    folder : pathlib.Path
        The folder.

    Returns
    -------
    str or None
        "tmpfs" or "ramfs"; None for a disk, and where the system does not tell (only Linux does).
    """
    try:
        lines = _MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    resolved = folder.resolve()
    found, system = Path("/"), ""
    for line in lines:
        _, at, kind, *_ = line.split(" ")
        place = Path(re.sub(r"\\(\d{3})", lambda octal: chr(int(octal[1], 8)), at))
        holds = place == resolved or place in resolved.parents
        if holds and len(place.parts) >= len(found.parts):  # a later mount lies over an earlier one
            found, system = place, kind
    return system if system in _IN_MEMORY else None


def _check_memory(memory: object) -> str:
    """Refuse a memory that DuckDB cannot read, or cannot work in."""
    try:
        size = count_bytes(str(memory))
    except ValueError:
        msg = (
            f"Invalid memory {show_value(memory)}. Must be a size with its unit, such as 512MB or "
            "2GB."
        )
        raise InputError(msg) from None
    if size < LEAST_MEMORY:
        msg = f"Invalid memory {memory}. Must be at least {LEAST_MEMORY // 10**6}MB."
        raise InputError(msg)
    return str(memory).strip()


def _check_threads(threads: object) -> None:
    """Refuse what is no number of threads."""
    whole = isinstance(threads, int) and not isinstance(threads, bool)
    if not (whole and 1 <= threads <= MOST_THREADS):  # type: ignore[operator]
        msg = (
            f"Invalid threads {show_value(threads)}. Must be a whole number, 1 to {MOST_THREADS:,}."
        )
        raise InputError(msg)


def _check_spill(spill: str | Path) -> Path:
    """Refuse a folder that nothing can be spilled to; one that is missing is made in `connect`."""
    try:
        return check_folder(spill, name="spill folder")
    except (OSError, TypeError) as error:
        raise InputError(str(error)) from error
