"""Places, and the names they go by."""

import math
from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from gii_geo.text import fold

EARTH_RADIUS_KM: Final = 6371.0088
"""Mean radius R1 of WGS 84 (Moritz 2000)."""

BIG: Final = 100_000
"""A city of so many people goes by its other names even inside a text, and even misspelt."""

_AIRPORT_LETTERS: Final = 3
_UMLAUTS: Final = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"}
)


@dataclass(frozen=True)
class NameIndex:
    """A million names in 14 MB: their hashes, sorted, and a number for each.

    The hashes are the same in every process, which Python's own are not.

    Two names of a gazetteer share a 64-bit hash with a probability of 1 in 10 million.

    Attributes
    ----------
    hashes, numbers : array.array of int
        One entry per name and place, a name's entries in the order in which they were given.
    """

    hashes: "array[int]"
    numbers: "array[int]"

    @classmethod
    def build(cls, entries: Iterable[tuple[str, int]]) -> "NameIndex":
        """Index names.

        Parameters
        ----------
        entries : iterable of tuple of str and int
            Key, and number of at most 2,147,483,647.

        Returns
        -------
        NameIndex
            The index.
        """
        hashes, numbers = array("q"), array("i")
        for key, number in entries:
            hashes.append(_hash(key))
            numbers.append(number)
        order = np.argsort(np.asarray(hashes), kind="stable")
        return cls(
            array("q", np.asarray(hashes)[order].tobytes()),
            array("i", np.asarray(numbers)[order].tobytes()),
        )

    def find(self, key: str) -> list[int]:
        """Find the numbers of a name.

        Parameters
        ----------
        key : str
            The key.

        Returns
        -------
        list of int
            In the order in which they were given.

        Examples
        --------
        >>> NameIndex.build([("york", 3), ("bath", 1), ("york", 2)]).find("york")
        [3, 2]
        """
        wanted, hashes = _hash(key), self.hashes
        first = last = bisect_left(hashes, wanted)
        while last < len(hashes) and hashes[last] == wanted:
            last += 1
        return self.numbers[first:last].tolist()


def _hash(key: str) -> int:
    """Hash a name to 64 bits."""
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "little", signed=True)


@dataclass(frozen=True, eq=False)
class Gazetteer:
    """Places and an index of their names.

    Attributes
    ----------
    names : pyarrow.Array of str
        First names.
    economies, divisions : list of str
        Of each place; a division is written US.CA, its code is GeoNames' first-order division.
    lon, lat : numpy.ndarray of float64
        Degrees, WGS 84.
    population : array.array of int
        People, 0 if unknown.
    index : NameIndex
        Key of a name to twice the row of each place of that name, plus 1 where it is not the
        place's first name.
    spellings : pyarrow.Array of str
        Keys of the names that may be misspelt: first names, and all those of big cities.
    spelling_rows : array.array of int
        The place of each of them.
    own : range
        Rows that the user added; they come before all others of their name.
    """

    names: pa.Array
    economies: list[str]
    divisions: list[str]
    lon: npt.NDArray[np.float64]
    lat: npt.NDArray[np.float64]
    population: "array[int]"
    index: NameIndex = field(repr=False)
    spellings: pa.Array = field(repr=False)
    spelling_rows: "array[int]" = field(repr=False)
    own: range = range(0)
    own_index: NameIndex | None = field(default=None, repr=False)

    def find(self, key: str) -> list[int]:
        """Find the places of a name, biggest first.

        Parameters
        ----------
        key : str
            A folded name.

        Returns
        -------
        list of int
            Twice the row, plus 1 where the name is another than the place's first.
        """
        found = self.index.find(key)
        return found if self.own_index is None else self.own_index.find(key) + found

    def name_of(self, row: int) -> str:
        """Give the first name of a place.

        Parameters
        ----------
        row : int
            The place.

        Returns
        -------
        str
            Its name.
        """
        return str(self.names[row].as_py())

    def measure_km(self, row: int, others: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Measure great-circle distances from one place to others.

        Parameters
        ----------
        row : int
            The place.
        others : array_like of int, shape (n,)
            Rows of the others.

        Returns
        -------
        numpy.ndarray of float64, shape (n,)
            Kilometres, by the haversine formula.
        """
        others = np.asarray(others, dtype=np.int64)
        lon, lat = np.radians(self.lon[others]), np.radians(self.lat[others])
        lon_0, lat_0 = np.radians(self.lon[row]), np.radians(self.lat[row])
        half = np.sin((lat - lat_0) / 2) ** 2
        half += np.cos(lat) * np.cos(lat_0) * np.sin((lon - lon_0) / 2) ** 2
        return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(half)))

    def middle_of(self, division: str) -> tuple[float, float]:
        """Find the middle of a division's people.

        Parameters
        ----------
        division : str
            A division that has places, such as US.CA.

        Returns
        -------
        tuple of float
            Longitude and latitude in degrees.
        """
        rows = self.rows_of[division]
        weight = np.array([max(self.population[row], 1) for row in rows], dtype=np.float64)
        lon, lat = np.radians(self.lon[rows]), np.radians(self.lat[rows])
        axes = (np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat))
        x, y, z = (float(weight @ axis) for axis in axes)
        return math.degrees(math.atan2(y, x)), math.degrees(math.atan2(z, math.hypot(x, y)))

    @cached_property
    def rows_of(self) -> defaultdict[str, list[int]]:
        """List the places of each division."""
        rows = defaultdict[str, list[int]](list)
        for row, division in enumerate(self.divisions):
            rows[division].append(row)
        return rows

    @cached_property
    def rows_in(self) -> defaultdict[str, list[int]]:
        """List the places of each economy."""
        rows = defaultdict[str, list[int]](list)
        for row, economy in enumerate(self.economies):
            rows[economy].append(row)
        return rows

    @cached_property
    def spellings_by_initial(self) -> defaultdict[tuple[str, str], list[str]]:
        """List the names that may be misspelt by economy and first letter, each once."""
        names = defaultdict[tuple[str, str], dict[str, None]](dict)
        for key, row in zip(self.spellings.to_pylist(), self.spelling_rows, strict=True):
            names[self.economies[row], key[:1]][key] = None
        return defaultdict(list, {initial: list(keys) for initial, keys in names.items()})


def list_keys(name: str, others: Iterable[str]) -> Iterator[tuple[str, bool]]:
    """Give the keys of a place's names, each once, and whether it is not the first name's.

    Parameters
    ----------
    name : str
        The first name.
    others : iterable of str
        The other names. Airport codes and mechanical transliterations, which GeoNames writes in
        lower case, are left out.

    Yields
    ------
    tuple of str and bool
        Key, and whether it is of another name.

    Examples
    --------
    >>> list(list_keys("Köln", ["CGN", "Cologne", "Koln", "keulleun"]))
    [('koln', False), ('koeln', True), ('cologne', True)]
    """
    key = fold(name)
    seen = {key, ""}
    yield key, False
    if not name.isascii():
        others = (name.translate(_UMLAUTS), *others)
    for other in others:
        if other.isascii() and (
            other[:1].islower() or (len(other) <= _AIRPORT_LETTERS and other.isupper())
        ):
            continue
        key = fold(other)
        if key not in seen:
            seen.add(key)
            yield key, True
