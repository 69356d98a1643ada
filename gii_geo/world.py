"""The world: what all addresses come to, once, and what every question is asked of."""

import json
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any, Final, TypeVar

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from gii_geo.owned import WORLD_FILE, describe_file, list_owned
from gii_geo.packing import TABLES, pack_table
from gii_geo.paths import check_folder, first_line
from gii_geo.ranges import check_given
from gii_geo.swap import hold, open_room, put
from gii_geo.tables import RECORD_UNITS, InputError
from gii_geo.told import FORMAT, hash_told, read_world_json, refuse_changed
from gii_geo.walk import trace_inputs

LEFT_OUT: Final = "left out, "
"""Begins the reason of a row that is sound, but of a type that its reader was not asked for."""

BROKEN: Final = "broken"
"""Begins the reason of what could not be read, nor its year: it counts in every window of years."""

NO_YEAR: Final = "year not known"
"""Why a row does not count where its kind is asked for by years."""

_ASKED_MOST: Final = 6
_HELD: Final = ["rows", "weight"]

Made = TypeVar("Made")


@dataclass(frozen=True, eq=False)
class World:
    """Places, counted: all that regions can be found from, made without any setting.

    Attributes
    ----------
    locations : pandas.DataFrame
        One row a distinct coordinate pair, ordered by lon, then lat: lon, lat in degrees. Its row
        number, from 0, is what the other tables call location.
    places : pandas.DataFrame
        One row per location, kind, year (of the record; missing where none is known), economy (ISO
        3166-1 alpha-2 as named; missing where none is) and coarse (placed no better than by city):
        rows (of the input), addresses, weight (in units, 5,354,228,880 a record), records
        (those that stand in this row alone) and square (units: the part of each of these that is
        placed, times itself, summed).
    records : pandas.DataFrame
        One row per record and location, of the records that do not stand in one row of `places`
        alone: kind, record (a number from 0), location, addresses (there), size (addresses of the
        whole record, placed or not), year and, where any is known, field (cells as in `labels`; a
        record whose addresses at one location differ in it has a row for each).
    groups : pandas.DataFrame
        Where the records of each group stand, such as one applicant's; empty where the input has no
        column of groups. One row per kind, group (a number from 0, by text, the same in every
        kind), place and year. The place is a location (of records that stand there alone, as in
        `places`), a record of `records`, or neither (of records no address of which is placed;
        alone where these are records of their own): weight (units, at the location), records and
        square (as in `places`). A record that is in no row stands by itself.
    labels : pandas.DataFrame
        What places hold of each field and organisation; empty where the input has no column of
        either. One row per what ("field" or "organisation"), kind, location, year and cell (the
        labels of a row, `tables.SEVERAL_JOIN` between several): weight (units, of all records),
        records and square (as in `places`, of those that stand there alone with this cell). What is
        in no row has no label.
    accounts : pandas.DataFrame
        One row per kind, year, reason (of rejection, or why a reader leaves it out; missing for
        what is placed) and alone (rejected rows without an id that are broken or weigh nothing):
        rows, weight (units), records (counted apart from their weights; of records with an id all
        stand beside the missing reason) and undivided (units that do not divide by their
        addresses).
    contradictions : pandas.DataFrame
        One row per source, kind and economy named from which addresses lie more than 50 km away:
        locations, rows and addresses, the economy in which most of them are located (missing at
        sea), an explanation and how many of the addresses it would put right. For these their
        coordinates tell the economy.
    rejects : pandas.DataFrame
        Every rejected row with its reason, weight (units) and record_year; also placed rows whose
        year cannot be read, which are rejected (`NO_YEAR`) only where years are asked for.
    provenance : dict of str to Any
        What it was made from: kinds, inputs with checksums, options, notes and credits.

    Notes
    -----
    A record's year is the earliest that its addresses name, so that a window of years has a record
    or has it not. Addresses and size of `records`, of which there may be very many, stand in one
    byte each where none is above 255: widen them before you multiply.
    """

    locations: pd.DataFrame
    places: pd.DataFrame
    records: pd.DataFrame
    groups: pd.DataFrame
    labels: pd.DataFrame
    accounts: pd.DataFrame
    contradictions: pd.DataFrame
    rejects: pd.DataFrame
    provenance: dict[str, Any]
    _kept: dict[str, dict[Hashable, Any]] = field(default_factory=dict, repr=False)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of its records, WIPO's first."""
        return tuple(self.provenance["kinds"])

    def __getstate__(self) -> dict[str, Any]:
        """Pickle what was read, not what was made of it."""
        return self.__dict__ | {"_kept": {}}

    def __repr__(self) -> str:
        """Say what it holds in a few lines."""
        placed = self.places.groupby("kind", observed=True)["addresses"].sum()
        parts = [f"{int(placed.get(kind, 0)):,} {kind}" for kind in self.kinds]
        years = self.places["year"].dropna()
        span = f"{years.min()} to {years.max()}" if len(years) else "no years"
        return (
            f"World of {len(self.locations):,} locations, {span}\n"
            f"  addresses placed: {', '.join(parts) or 'none'}\n"
            f"  rows rejected: {self.count_rejected().sum():,}"
        )

    def count_rejected(self) -> "pd.Series[Any]":
        """Count the rejected rows of each reason.

        Returns
        -------
        pandas.Series
            Rows by reason (without what stands in the single row), the most first.

        Examples
        --------
        >>> import gii_geo
        >>> gii_geo.read_world(gii_geo.demo_path()).count_rejected().index[0]
        'no coordinates'
        """
        reason = self.accounts["reason"].astype("str")
        rejected = reason.notna() & ~reason.str.startswith(LEFT_OUT).fillna(value=False)
        rows = self.accounts["rows"][rejected].groupby(reason[rejected]).sum()
        return rows.sort_values(ascending=False, kind="stable")

    def is_exact(self) -> bool:
        """Tell whether places and rejects are all that was read, to the last row and unit.

        Returns
        -------
        bool
            Whether the rows and the units of each kind add up.

        Examples
        --------
        >>> import gii_geo
        >>> gii_geo.read_world(gii_geo.demo_path()).is_exact()
        True
        """
        reason = self.accounts["reason"].astype("str")
        counts = ~reason.str.startswith(LEFT_OUT).fillna(value=False).to_numpy(dtype=bool)
        told = self.accounts[counts]
        is_placed = told["reason"].isna()
        lost = told["weight"].where(~is_placed, 0) + told["undivided"]
        came = told.assign(rows=told["rows"].where(is_placed, 0), lost=lost)
        read, held = (
            table.groupby("kind", observed=True)[names].sum().rename(index=str).astype(object)
            for table, names in ((came, ["rows", "records", "lost"]), (self.places, _HELD))
        )
        kinds = sorted({*read.index, *held.index})
        read, held = read.reindex(kinds, fill_value=0), held.reindex(kinds, fill_value=0)
        same_rows = held["rows"] == read["rows"]
        same_units = held["weight"] + read["lost"] == read["records"] * RECORD_UNITS
        return bool((same_rows & same_units).all())

    def keep(self, name: str, key: Hashable, make: Callable[[], Made]) -> Made:
        """Give what was made for a question before, or make it and keep it.

        Parameters
        ----------
        name : str
            What is kept, such as "tally".
        key : hashable
            All that it hangs on besides the world.
        make : callable
            Makes it.

        Returns
        -------
        object
            What `make` gave. The latest six of a name are kept; nobody may change them.
        """
        shelf = self._kept.setdefault(name, {})
        if key in shelf:
            shelf[key] = shelf.pop(key)  # the latest last
        else:
            shelf[key] = make()
            while len(shelf) > _ASKED_MOST:
                del shelf[next(iter(shelf))]
        made: Made = shelf[key]
        return made

    def write(self, folder: str | Path) -> list[Path]:
        """Write the world as a folder of Parquet files and one JSON, whole or not at all.

        The same bytes whatever the order of the input's rows, but for the row of a reject.

        Parameters
        ----------
        folder : str or pathlib.Path
            Where to; made if it is missing. A world that stands there is replaced.

        Returns
        -------
        list of pathlib.Path
            The files.

        Raises
        ------
        InputError
            If the folder holds something else than a world.
        NotADirectoryError
            If it is a file.

        Examples
        --------
        >>> import tempfile
        >>> import gii_geo
        >>> world = gii_geo.read_world(gii_geo.demo_path())
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     [path.name for path in world.write(folder)][-1]
        'world.json'
        """
        folder = check_folder(folder).resolve()
        with hold(folder):
            _check_empty(folder)
            with open_room(folder) as room:
                described = {}
                for name in TABLES:
                    file = room / f"{name}.parquet"
                    pq.write_table(_to_arrow(getattr(self, name)), file, compression="zstd")
                    described[file.name] = describe_file(file)
                told = {"format": FORMAT, **self.provenance, "tables": described}
                told["sha256"] = hash_told(told)
                text = json.dumps(
                    told, ensure_ascii=False, indent=2, allow_nan=False, sort_keys=True
                )
                (room / WORLD_FILE).write_text(text + "\n", encoding="utf-8", newline="\n")
                files = put(room, folder, mark=WORLD_FILE, inputs=trace_inputs(self.provenance))
        by_name = {file.name: file for file in files}
        return [by_name[name] for name in (*described, WORLD_FILE)]

    @classmethod
    def read(cls, folder: str | Path) -> "World":
        """Read a world that `write` wrote.

        Parameters
        ----------
        folder : str or pathlib.Path
            The folder.

        Returns
        -------
        World
            The same world.

        Raises
        ------
        InputError
            If the folder holds no world, or a table is not the one that was written with it.
        """
        must = "be the folder that World.write wrote"
        check_given("world", folder, str | PathLike, must=must, error=InputError)
        folder = Path(folder)
        told = read_world_json(folder / WORLD_FILE)
        tables: dict[str, Any] = {}
        for name in TABLES:
            file = folder / f"{name}.parquet"
            if not file.is_file() or describe_file(file) != told["tables"].get(file.name):
                raise refuse_changed(file)
            try:
                tables[name] = _read_table(file, name)
            except (ValueError, TypeError, KeyError, ArithmeticError, pa.ArrowException) as error:
                msg = f"Invalid file {file}. Must be a table of a world; {first_line(error)}."
                raise InputError(msg) from error
            if not _is_sound(tables[name], tables):
                raise refuse_changed(file)
        own = ("format", "tables")
        provenance = {key: value for key, value in told.items() if key not in own}
        world = cls(**tables, provenance=provenance)
        if not world.is_exact():
            msg = f"Invalid world {folder}. Must have accounts that balance; read it anew."
            raise InputError(msg)
        return world


def spare_good(folder: str | Path, world: World) -> None:
    """Refuse to write a world without a place over one that has some.

    Parameters
    ----------
    folder : str or pathlib.Path
        Where to.
    world : World
        What is to be written.

    Raises
    ------
    InputError
        If it has no place, and the world in the folder has.
    """
    if len(world.places) or not is_world(folder) or not len(World.read(folder).places):
        return
    msg = (
        f"Invalid world without a place for {folder}. Must have one to replace the world there; "
        "nothing was written: mend the input or name another folder."
    )
    raise InputError(msg)


def is_world(path: object) -> bool:
    """Tell whether a path is the folder of a world.

    Parameters
    ----------
    path : object
        What may be a path.

    Returns
    -------
    bool
        Whether it is a path to a folder that holds a ``world.json``.

    Examples
    --------
    >>> is_world("no such folder")
    False
    """
    return isinstance(path, str | Path) and (Path(path) / WORLD_FILE).is_file()


def _to_arrow(table: pd.DataFrame) -> pa.Table:
    """Turn a table into Arrow, without traces of pandas."""
    return pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(None)


def _read_table(file: Path, name: str) -> pd.DataFrame:
    """Read a table column by column, so that no more than one of them is held twice."""
    columns = {}
    with pq.ParquetFile(file) as opened:
        for column in opened.schema_arrow.names:
            cells = opened.read([column]).column(0)
            kind = TABLES[name].get(column, "str")
            if kind.startswith("Int"):
                columns[column] = _read_missing(cells, kind)
            else:
                columns[column] = cells.unify_dictionaries().to_pandas()
    return pack_table(pd.DataFrame(columns, copy=False), name)


def _is_sound(table: pd.DataFrame, others: Mapping[str, pd.DataFrame]) -> bool:
    """Tell whether a table names no other locations, records and groups than there may be."""
    if "location" not in table:
        return True
    most = {"location": len(others["locations"]), "group": len(table)}
    if "records" in others:
        most["record"] = len(others["records"])
    for name in most.keys() & set(table):
        known = table[name].dropna()
        if len(known) and not (known.min() >= 0 and known.max() < most[name]):
            return False
    return not any(table[name].hasnans for name in ("kind", "what", "cell") if name in table)


def _read_missing(column: pa.ChunkedArray, kind: str) -> "pd.Series[Any]":
    """Read whole numbers some of which are missing."""
    whole = column.fill_null(0).to_numpy().astype(kind.lower())
    return pd.Series(pd.arrays.IntegerArray(whole, column.is_null().to_numpy()))


def _check_empty(folder: Path) -> None:
    """Refuse a folder that holds something else than a world."""
    if any(folder.iterdir()) and WORLD_FILE not in list_owned(folder):
        msg = f"Invalid folder {folder}. Must be empty or hold a world that gii-geo wrote."
        raise InputError(msg)
