"""What one machine carries: locations beside its memory."""

import contextlib
import ctypes
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pyarrow as pa

from gii_geo.tables import InputError

BYTES_A_LOCATION: Final = 500
"""Memory that a distinct location takes at most, from the world to all files (measured)."""

_GROUPS: Final = {
    "memory": ("memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    "": ("", "memory.max", "memory.current", "inactive_file"),
}
"""Of control groups, the first and the second version: folder, limit, what is used, and what of it
is but a copy of files."""


def check_room(locations: int, *, free: int | None) -> None:
    """Refuse more locations than memory holds, before it is full.

    Parameters
    ----------
    locations : int
        Distinct locations of a world.
    free : int or None
        Bytes that are free; None where nobody knows.

    Raises
    ------
    InputError
        If they need more.

    Examples
    --------
    >>> check_room(1_000_000, free=2 * 10**9)
    """
    needed = locations * BYTES_A_LOCATION
    if free is not None and needed > free:
        msg = (
            f"Invalid world of {locations:,} distinct locations. Must fit in the memory of one "
            f"machine, {needed / 1e9:,.1f} GB of about {BYTES_A_LOCATION / 1000:g} kB each; found "
            f"{free / 1e9:,.1f} GB free: read the addresses with a grid, such as --grid-deg 0.001 "
            "(0.08 km), or on a machine with more memory."
        )
        raise InputError(msg)


def find_free(root: Path = Path("/")) -> int | None:
    """Find out how many bytes of memory are free.

    Parameters
    ----------
    root : pathlib.Path, default "/"
        Where the system tells of itself.

    Returns
    -------
    int or None
        What the machine has, or what a container may still take if that is less; None where the
        system does not tell (only Linux does).
    """
    told = _read_pairs(root / "proc/meminfo").get("MemAvailable:")
    free = [] if told is None else [told * 1024]
    return min([*free, *_list_allowed(root)], default=None)


def _list_allowed(root: Path) -> Iterator[int]:
    """List what each control group that this process is in may still take."""
    for group, most, used, copies in _list_groups(root):
        limit, taken = (_read_number(group / file) for file in (most, used))
        if limit is not None and taken is not None:
            copied = _read_pairs(group / "memory.stat").get(copies, 0)
            yield max(limit - taken + copied, 0)


def _list_groups(root: Path) -> Iterator[tuple[Path, str, str, str]]:
    """List the control groups of this process, and those around them, with what tells of each."""
    for line in _read_lines(root / "proc/self/cgroup"):
        _, names, inside = line.split(":", 2)
        for name in set(names.split(",")) & set(_GROUPS):
            folder, most, used, copies = _GROUPS[name]
            # A container sees its own as the top, whatever it says.
            own = root / "sys/fs/cgroup" / folder / inside.strip("/")
            for group in (own, *own.parents):
                yield group, most, used, copies


def _read_pairs(file: Path) -> dict[str, int]:
    """Read lines of a name and a whole number."""
    pairs = (line.split()[:2] for line in _read_lines(file))
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) > 1 and pair[1].isdecimal()}


def _read_number(file: Path) -> int | None:
    """Read a file that is one whole number; None where it says "max" or is not there."""
    text = "".join(_read_lines(file)).strip()
    return int(text) if text.isdecimal() else None


def _read_lines(file: Path) -> list[str]:
    """Read a file that the system may not have."""
    try:
        return file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []


def give_back() -> None:
    """Give memory that is free but held for later back to the system, where it takes it.

    Arrow and C's allocator keep what was large once; what comes next would be put on top of it.

    Examples
    --------
    >>> give_back()
    """
    pa.default_memory_pool().release_unused()
    with contextlib.suppress(OSError, AttributeError):  # glibc's alone
        ctypes.CDLL(None).malloc_trim(0)
