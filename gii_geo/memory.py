"""What one machine carries: locations beside its memory."""

from pathlib import Path
from typing import Final

from gii_geo.tables import InputError

BYTES_A_LOCATION: Final = 900
"""Memory that a distinct location takes at most, from the world to all files (measured)."""


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


def find_free() -> int | None:
    """Find out how many bytes of memory are free.

    Returns
    -------
    int or None
        None where the system does not tell.
    """
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    known = dict(line.split(":", 1) for line in lines if ":" in line)
    return int(known["MemAvailable"].split()[0]) * 1024 if "MemAvailable" in known else None
