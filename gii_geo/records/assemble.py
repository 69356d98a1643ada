"""What the sources come to -> the tables of a World, in one order whatever the engine's was."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from gii_geo.packing import concat_parts, empty_table, pack_table
from gii_geo.records.economies import check_economies
from gii_geo.records.groups import number_groups
from gii_geo.records.labels import Cells
from gii_geo.records.rejects import sum_rejects
from gii_geo.records.said import Said, number_labels
from gii_geo.records.standing import Standing, index_points
from gii_geo.sorting import mark_new, sum_alike
from gii_geo.tables import MOST_RECORDS, NO_KIND, InputError, order_kinds
from gii_geo.world import NO_YEAR

IntArray = npt.NDArray[np.int64]

MOST_KINDS: Final = 1000
"""More words in a column of kinds are no kinds."""

_YEAR_LAST: Final = np.iinfo(np.int16).max
"""Stands for a year that is not known, in the order of places: behind all others."""

_HASHED: Final = 1 << 20
"""Rows that are hashed at once: each takes thirty bytes meanwhile."""

_CHECKED: Final = ["lon", "lat", "kind", "economy", "rows", "addresses"]
_SUMS: Final = ["rows", "addresses", "weight", "records", "square"]
_PLACE: Final = ["lon", "lat", "kind", "year", "economy", "coarse"]
_COUNTED: Final = ["rows", "weight", "records", "undivided"]


@dataclass
class Parts:
    """What the sources come to, one entry a source.

    Attributes
    ----------
    places : list of pandas.DataFrame
        kind, lon, lat, economy, coarse, year, rows, addresses, weight, records, square.
    counted : list of pandas.DataFrame
        kind, year, records, undivided.
    rejects : list of pandas.DataFrame
        Rejected rows.
    lost : list of pandas.DataFrame
        What `rejects` does not list, as `rejects.sum_rejects` gives it.
    left_out : list of pandas.DataFrame
        kind, year, reason and rows of what a reader leaves out.
    contradictions : list of pandas.DataFrame
        What names another economy than it lies in.
    notes : list of str
        Sentences for the summary.
    warnings : list of str
        Those of them that nobody may miss.
    roles : dict of str to set of str
        Kind to what a source of it has a column of.
    cells : Cells
        The labels of all sources.
    """

    places: list[pd.DataFrame] = field(default_factory=list)
    counted: list[pd.DataFrame] = field(default_factory=list)
    rejects: list[pd.DataFrame] = field(default_factory=list)
    lost: list[pd.DataFrame] = field(default_factory=list)
    left_out: list[pd.DataFrame] = field(default_factory=list)
    contradictions: list[pd.DataFrame] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    roles: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    cells: Cells = field(default_factory=Cells)
    _said: list[Said] = field(default_factory=list)
    _standing: list[Standing] = field(default_factory=list)
    _grouped: list[Said] = field(default_factory=list)

    def add_roles(self, roles: frozenset[str], rows: pd.DataFrame) -> None:
        """Add what there is a column of; one of record ids that is empty is none.

        Parameters
        ----------
        roles : frozenset of str
            Of a source.
        rows : pandas.DataFrame
            kind of its rows, and named: 1 for those with a record_id.
        """
        has_ids = set(rows.loc[rows["named"] == 1, "kind"].unique())
        for kind in rows["kind"].unique():
            self.roles[str(kind)] |= roles if kind in has_ids else roles - {"record_id"}

    def add_places(self, places: pd.DataFrame) -> None:
        """Add places, and whatever sums a source has for them.

        Parameters
        ----------
        places : pandas.DataFrame
            The columns of `places`; economy is "" where none is named.
        """
        self.places.append(places[[*_PLACE, *_SUMS]])

    def take_places(self) -> pd.DataFrame:
        """Take the places of all sources out: they are large."""
        places = concat_parts(self.places)
        self.places.clear()
        return places

    def settle_economies(self, first: int, name: str, *, allowed: bool) -> pd.DataFrame:
        """Hold the economies that a source, from its first places on, names against these.

        Parameters
        ----------
        first : int
            The number of its first part of places.
        name : str
            What it is called.
        allowed : bool
            Whether to go on although most addresses contradict.

        Returns
        -------
        pandas.DataFrame
            The places that contradict, as `economies.Checked` has them.
        """
        held = concat_parts([part[_CHECKED] for part in self.places[first:]])
        checked = check_economies(held, name, allowed=allowed)
        end = 0
        for number, part in enumerate(self.places[first:], first):
            begin, end = end, end + len(part)
            self.places[number] = part.assign(economy=checked.economy.array[begin:end])
        self.contradictions.append(checked.contradictions)
        self.add_told(checked.notes, checked.warnings)
        return checked.wrong

    def add_told(self, notes: list[str], warnings: list[str]) -> None:
        """Add what is to be said of a source."""
        self.notes.extend(notes)
        self.warnings.extend(warnings)

    def add_records(self, counted: pd.DataFrame) -> None:
        """Add a count of records.

        Parameters
        ----------
        counted : pandas.DataFrame
            kind, year, records, undivided.
        """
        by_year = counted.groupby(["kind", "year"], dropna=False, observed=True)
        summed = by_year[["records", "undivided"]].sum().reset_index()
        self.counted.append(summed.astype({"kind": "str", "year": "Int64"}))

    def add_groups(self, said: Said) -> None:
        """Add what the cells of groups say, of addresses each of which is a record of its own."""
        self._grouped.append(said)

    def add_labels(self, said: Said) -> None:
        """Add what the cells of a label say of places."""
        self._said.append(said)

    def add_standing(
        self,
        batches: Iterable[pa.RecordBatch],
        spots: pd.DataFrame,
        kinds: pd.DataFrame,
        grouped: Sequence[pd.DataFrame] = (),
        *,
        has_fields: bool = False,
    ) -> None:
        """Add the records that stand at several places.

        Parameters
        ----------
        batches : iterable of pyarrow.RecordBatch
            record, place, addresses, size, year and, if known, field; ordered by record and place.
        spots : pandas.DataFrame
            Each place's lon and lat, in the order of their numbers.
        kinds : pandas.DataFrame
            Of each kind: records and rows.
        grouped : sequence of pandas.DataFrame, optional
            Where the records of groups stand, by this source's numbers of records: from
            `groups.stand_groups`.
        has_fields : bool, default False
            Whether the batches have the numbers of cells of fields.
        """
        taken = Standing.take(batches, spots, kinds, grouped, has_fields=has_fields)
        self._standing.append(taken)

    def number_records(self, locations: pd.DataFrame) -> pd.DataFrame:
        """Give the records of all sources, numbered through.

        Parameters
        ----------
        locations : pandas.DataFrame
            lon and lat, in order.

        Returns
        -------
        pandas.DataFrame
            kind, record, location, addresses, size, year and, where any has one, field (the cell
            of labels); ordered by record and location.
        """
        fields = self.cells.order("field")
        tables = [
            part.locate(locations, fields, first=first) for first, part in self._order_standing()
        ]
        empty = pd.DataFrame({name: [] for name in ("kind", "record", "location", "addresses")})
        return concat_parts(tables or [empty.assign(size=[], year=[])])

    def number_labels(self, locations: pd.DataFrame) -> pd.DataFrame:
        """Give what the labels of all sources say of each location, see `said.number_labels`."""
        return number_labels(self._said, locations, self.cells)

    def number_groups(self, locations: pd.DataFrame) -> pd.DataFrame:
        """Give where the records of all sources' groups stand, numbered through.

        Parameters
        ----------
        locations : pandas.DataFrame
            lon and lat, in order.

        Returns
        -------
        pandas.DataFrame
            As `groups.number_groups` gives it.
        """
        stood = list[pd.DataFrame]()
        for first, part in self._order_standing():
            for table in part.grouped:
                own = {"record": table["record"] + first} if first and "record" in table else {}
                stood.append(table.assign(**own))
        return number_groups(stood, self._grouped, locations, self.cells)

    def _order_standing(self) -> Iterator[tuple[int, Standing]]:
        """Go through the sources by kind, each with the number of its first record."""
        first = 0
        for part in sorted(self._standing, key=lambda part: min(part.kinds["kind"], default="")):
            yield first, part
            first += int(part.kinds["records"].sum())


@dataclass(frozen=True)
class Tables:
    """The tables of a world.

    Attributes
    ----------
    packed : dict of str to pandas.DataFrame
        By their names.
    """

    packed: dict[str, Any]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds, in order."""
        return order_kinds(set(self.packed["accounts"]["kind"]) - {NO_KIND})

    def hash(self) -> str:
        """Name what places and records hold, whatever the order of the rows they were made from.

        Returns
        -------
        str
            A SHA-256.
        """
        digest = hashlib.sha256()
        for name in ("locations", "places", "records", "groups", "labels"):
            table = self.packed[name]
            for column, start in product(table, range(0, len(table), _HASHED)):
                some = table[column].iloc[start : start + _HASHED]
                digest.update(pd.util.hash_pandas_object(some, index=False).to_numpy().tobytes())
        return digest.hexdigest()


def assemble_tables(parts: Parts, rejects: pd.DataFrame) -> Tables:
    """Make the tables of a world.

    Parameters
    ----------
    parts : Parts
        What the sources come to.
    rejects : pandas.DataFrame
        All rejected rows and unreadable lines, with the short reason of the former in short.

    Returns
    -------
    Tables
        Every table.

    Raises
    ------
    InputError
        If there are more records of a kind than can be counted exactly.
    """
    counted = concat_parts(parts.counted)
    for kind, number in counted.groupby("kind")["records"].sum().items():
        if number > MOST_RECORDS:
            msg = f"Invalid count of {number:,} {kind} records. Must be at most {MOST_RECORDS:,}."
            raise InputError(msg)
    found = parts.take_places()
    location, locations = _number_locations(found)
    places = pack_table(_sum_places(found, location), "places")
    del found, location  # large
    placed = rejects["short"] == NO_YEAR  # and counted
    lost = [sum_rejects(rejects[~placed]), *parts.lost]
    accounts = _settle(places, counted, lost, concat_parts(parts.left_out))
    told = rejects.drop(columns="short")
    tables = {
        "locations": locations,
        "places": places,
        "records": parts.number_records(locations),
        "groups": parts.number_groups(locations),
        "labels": parts.number_labels(locations),
        "accounts": accounts,
        "contradictions": concat_parts([empty_table("contradictions"), *parts.contradictions]),
    }
    packed = {name: pack_table(table, name) for name, table in tables.items()}
    return Tables({**packed, "rejects": told})


def _number_locations(found: pd.DataFrame) -> tuple[npt.NDArray[np.int32], pd.DataFrame]:
    """Count through the distinct coordinate pairs by lon, then lat; give each row's number."""
    points = index_points(found["lon"].to_numpy(np.float64), found["lat"].to_numpy(np.float64))
    order = points.to_numpy().argsort()  # by lon, then lat
    ordered = points.to_numpy()[order]
    del points  # large
    first = mark_new(ordered)
    location = np.empty(len(order), dtype=np.int32)
    location[order] = np.cumsum(first, dtype=np.int32) - np.int32(1)
    ordered = ordered[first]
    return location, pd.DataFrame({"lon": ordered.real.copy(), "lat": ordered.imag.copy()})


def _sum_places(found: pd.DataFrame, location: npt.NDArray[np.int32]) -> pd.DataFrame:
    """Sum what several sources, or several spellings of an economy, have at one place."""
    kind, economy = (found[name].astype("category") for name in ("kind", "economy"))
    kinds = list(order_kinds(map(str, kind.cat.remove_unused_categories().cat.categories)))
    if len(kinds) > MOST_KINDS:
        msg = f"Invalid kinds of addresses. Must be at most {MOST_KINDS:,}; found {len(kinds):,}."
        raise InputError(msg)
    named, economies = economy.cat.codes.to_numpy(), economy.cat.categories
    keys = {
        "location": location,
        "kind": kind.cat.set_categories(kinds).cat.codes.to_numpy(),
        "year": found["year"].astype("Int16").fillna(_YEAR_LAST).to_numpy(np.int16),
        "economy": np.where(named < 0, len(economies), named).astype(np.int16),
        "coarse": found["coarse"].to_numpy(np.int8),
    }
    head, sums = sum_alike(keys, {name: found[name] for name in _SUMS})
    coded = np.where(head["economy"] == len(economies), -1, head["economy"])
    return pd.DataFrame(
        {
            "kind": pd.Categorical.from_codes(head["kind"], pd.Index(kinds)),
            "location": head["location"],
            "year": pd.arrays.IntegerArray(head["year"], head["year"] == _YEAR_LAST),
            "economy": pd.Categorical.from_codes(coded, economies),
            "coarse": head["coarse"].astype(bool),
            **sums,
        },
        copy=False,
    )


def _settle(
    places: pd.DataFrame, counted: pd.DataFrame, lost: list[pd.DataFrame], left_out: pd.DataFrame
) -> pd.DataFrame:
    """Sum rows, weight and records by kind, year and reason."""
    keys = ["kind", "year", "reason", "alone"]
    by = ["kind", "year"]
    placed = places.groupby(by, dropna=False, as_index=False)[["rows", "weight"]].sum()
    parts = [part for part in (placed, counted, *lost, left_out) if len(part)]
    # Zeros where a part counts none: a missing number would turn the others into floats.
    whole = pd.concat(
        [
            part.assign(**{name: 0 for name in (*_COUNTED, "alone") if name not in part})
            .reindex(columns=[*keys, *_COUNTED])
            .astype({"kind": "str", "reason": "str", "year": "Int64", "alone": "bool"})
            for part in parts
        ],
        ignore_index=True,
    )
    return whole.groupby(keys, dropna=False, as_index=False)[_COUNTED].sum()
