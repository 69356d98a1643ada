"""The record level, the only one that sees raw rows: sources screened, weighed, collapsed."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from gii_geo.records.count import (
    collapse_addresses,
    count_records,
    read_economies,
    weigh_addresses,
)
from gii_geo.records.engine import Engine, collect
from gii_geo.records.screen import FATAL, UNKNOWN_KIND, screen_addresses
from gii_geo.records.sources.columns import TEXTS, Addresses, concat_addresses, read_columns
from gii_geo.records.suppliers import GEOCODED, find_reader, list_inputs, open_supplier
from gii_geo.settings import Settings
from gii_geo.tables import KINDS, MOST_RECORDS, NO_KIND, InputError

REJECTS = ["kind", "record_id", "lon", "lat", "economy", "year", "count", "reason", "file", "row"]
"""Columns of the rejects."""

_WEIGHED = ["kind", "record_id", "lon", "lat", "economy", "count", "precision", "reason", "weight"]
"""Columns of weighed addresses that are read again."""

_NO_ROWS = pd.DataFrame({"kind": pd.Series(dtype="str"), "rows": pd.Series(dtype="int64")})


@dataclass(frozen=True)
class Reading:
    """How to read the sources.

    Attributes
    ----------
    columns : mapping of str to str
        Role to the input's own column.
    source : str
        Whose files they are, one of `suppliers.READERS`, or "columns" for tables by their columns.
    geocode : bool
        Whether to find the coordinates of addresses that have only text. Suppliers whose files
        have no coordinates are geocoded in any case.
    cache : pathlib.Path or None
        Folder that keeps what was read of suppliers' files.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    source: str = "columns"
    geocode: bool = False
    cache: Path | None = None

    @property
    def supplier(self) -> str | None:
        """Whose files they are; None for tables by their columns."""
        return None if self.source == "columns" else self.source

    @property
    def geocodes(self) -> bool:
        """Whether addresses are geocoded."""
        return self.geocode or self.supplier in GEOCODED


@dataclass
class Intake:
    """What the record level hands on.

    Attributes
    ----------
    collapsed : pandas.DataFrame
        Rows, addresses and weight per kind, place, economy and reason of rejection.
    records : pandas.DataFrame
        Records per kind, and their units that do not divide.
    left_out : pandas.DataFrame
        Rows per kind that the settings leave out.
    rejects : pandas.DataFrame
        Every rejected row with its reason.
    weighed : tuple of narwhals.LazyFrame
        The screened and weighed addresses of the sources that have records, for links; they can
        run as long as the engine is open.
    files : tuple of pathlib.Path
        The files read.
    notes : tuple of str
        What the reader of the summary should know of the inputs.
    has_precision : bool
        Whether any source says how well its addresses are placed.
    """

    collapsed: pd.DataFrame
    records: pd.DataFrame
    left_out: pd.DataFrame
    rejects: pd.DataFrame
    weighed: tuple[nw.LazyFrame[Any], ...]
    files: tuple[Path, ...]
    notes: tuple[str, ...]
    has_precision: bool


@dataclass
class _Parts:
    """The same, source by source."""

    collapsed: list[pd.DataFrame] = field(default_factory=list)
    records: list[pd.DataFrame] = field(default_factory=list)
    left_out: list[pd.DataFrame] = field(default_factory=lambda: [_NO_ROWS])
    rejects: list[pd.DataFrame] = field(default_factory=list)
    weighed: list[nw.LazyFrame[Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def take_in(
    engine: Engine,
    addresses: object,
    settings: Settings,
    *,
    reading: Reading,
    tell: Callable[[str], None],
) -> Intake:
    """Read every source and collapse it to places.

    Parameters
    ----------
    engine : Engine
        The open engine.
    addresses : object
        What `find_regions` takes.
    settings : Settings
        Kinds and years that count.
    reading : Reading
        How to read them.
    tell : callable
        Is told each source's name.

    Returns
    -------
    Intake
        Places, records and rejects.

    Raises
    ------
    InputError
        If a source cannot be used.
    """
    parts = _Parts()
    sources = list(_open_sources(engine, addresses, reading, tell))
    for source in sources:
        located = _geocode(source, reading, tell)
        tell(f"reading {source.name}")
        _take_source(engine, located, settings, parts)
    unreadable = engine.unreadable_lines()
    kinds = {str(file): source.kind for source in sources for file in source.files}
    unreadable["kind"] = unreadable["file"].map(kinds).astype("str")
    _add_unreadable(unreadable, parts)
    rejects = pd.concat(parts.rejects, ignore_index=True) if parts.rejects else pd.DataFrame()
    return Intake(
        collapsed=pd.concat(parts.collapsed, ignore_index=True),
        records=pd.concat(parts.records, ignore_index=True),
        left_out=pd.concat(parts.left_out, ignore_index=True),
        rejects=_order_rejects(rejects, unreadable),
        weighed=tuple(parts.weighed),
        files=tuple(file for source in sources for file in source.files),
        notes=(*(note for source in sources for note in source.notes), *parts.notes),
        has_precision=reading.geocodes or any(source.has_precision for source in sources),
    )


def check_inputs(addresses: object, *, reading: Reading) -> tuple[Path, ...]:
    """Open every source and check its columns, without reading its rows.

    Parameters
    ----------
    addresses : object
        What `find_regions` takes.
    reading : Reading
        How to read them.

    Returns
    -------
    tuple of pathlib.Path
        The files.

    Raises
    ------
    InputError
        If a source cannot be used.
    """
    if reading.supplier is None:
        with Engine() as engine:
            sources = list(_open_sources(engine, addresses, reading, lambda _: None))
        return tuple(file for source in sources for file in source.files)
    find_reader(reading.supplier)
    named = addresses.values() if isinstance(addresses, Mapping) else [addresses]
    files = tuple(file for source in named for file in list_inputs(source))
    _check_once(files, set())
    return files


def describe_files(files: tuple[Path, ...]) -> list[dict[str, Any]]:
    """Give name, size and SHA-256 of each input file.

    Parameters
    ----------
    files : tuple of pathlib.Path
        The files.

    Returns
    -------
    list of dict
        name, bytes and sha256 of each.
    """
    described = []
    for file in files:
        with file.open("rb") as opened:
            digest = hashlib.file_digest(opened, "sha256").hexdigest()
        described.append({"name": file.name, "bytes": file.stat().st_size, "sha256": digest})
    return described


def _open_sources(
    engine: Engine, addresses: object, reading: Reading, tell: Callable[[str], None]
) -> Iterator[Addresses]:
    """Open what was handed in, the files of one kind as one source."""
    by_kind = addresses if isinstance(addresses, Mapping) else {None: addresses}
    if not by_kind:
        msg = "Invalid addresses {}. Must name at least one kind."
        raise InputError(msg)
    seen: set[Path] = set()
    for kind, source in by_kind.items():
        if reading.supplier is None:
            opened = engine.open_source(source)
            files = None
        else:
            files = list_inputs(source)
            opened = [
                open_supplier(engine, reading.supplier, source, tell=tell, cache=reading.cache)
            ]
        parts = [
            read_columns(one, kind=kind, columns=reading.columns, geocode=reading.geocodes)
            for one in opened
        ]
        if not parts:
            msg = "Invalid addresses []. Must name at least one file or table."
            raise InputError(msg)
        whole = concat_addresses(parts)
        whole = whole if files is None else replace(whole, files=files)
        _check_once(whole.files, seen)
        yield whole


def _check_once(files: tuple[Path, ...], seen: set[Path]) -> None:
    """Refuse a file that was given before."""
    for path in files:
        if path.resolve() in seen:
            msg = f"Invalid file {path}, given twice. Must be given once."
            raise InputError(msg)
        seen.add(path.resolve())


def _geocode(source: Addresses, reading: Reading, tell: Callable[[str], None]) -> Addresses:
    """Find the coordinates of addresses that have none."""
    if not reading.geocodes:
        return source
    from gii_geo.records.geocode import geocode_table  # noqa: PLC0415  # an extra

    tell(f"geocoding {source.name}")
    return replace(source, table=geocode_table(source.table), has_precision=True)


def _take_source(engine: Engine, source: Addresses, settings: Settings, parts: _Parts) -> None:
    """Screen, weigh and collapse one source."""
    table, left_out = _leave_out(source.table, settings)
    if left_out is not None:
        parts.left_out.append(collect(left_out))
    screened = screen_addresses(table)
    counted = weighed = weigh_addresses(screened, has_records=source.has_records)
    if source.has_records:  # it takes long and is read several times
        lean = weighed.select(*_WEIGHED)
        weighed = engine.hold(lean)
        counted = table if weighed is lean else weighed  # no weighing just to count
    records = collect(count_records(counted, has_records=source.has_records))
    _check_records(records)
    collapsed = collect(collapse_addresses(weighed))
    if collapsed.empty and left_out is None:
        msg = f"Invalid {source.name}. Must have at least one row; found none."
        raise InputError(msg)
    rejected = collapsed["reason"].notna()
    if collapsed["reason"].isin(FATAL).any():
        raise _name_fatal(screened, source)
    if source.has_records:
        parts.weighed.append(weighed)
    parts.collapsed.append(collapsed)
    parts.notes.extend(_note_economies(collapsed, source))
    parts.records.append(records)
    if rejected.any():
        rejects = screened.filter(~nw.col("reason").is_null())
        rejects = rejects.with_columns(reason=nw.coalesce("problem", "reason"))
        texts = [name for name in TEXTS if name in rejects.collect_schema().names()]
        parts.rejects.append(collect(rejects.select(*REJECTS, *texts)))


def _check_records(records: pd.DataFrame) -> None:
    """Refuse more records than can be counted exactly."""
    for kind, number in records.groupby("kind")["records"].sum().items():
        if number > MOST_RECORDS:
            msg = f"Invalid count of {number:,} {kind} records. Must be at most {MOST_RECORDS:,}."
            raise InputError(msg)


def _note_economies(collapsed: pd.DataFrame, source: Addresses) -> list[str]:
    """Tell of economies that are no code; the coordinates decide for them."""
    named = collapsed[collapsed["economy"].notna()]
    strange = named[read_economies(named["economy"]).isna()]
    if strange.empty:
        return []
    addresses = int(strange["addresses"].sum())
    note = (
        f"{source.name}: {addresses:,} addresses name an economy that is no two-letter code, "
        f"such as {strange['economy'].min()!r}; their coordinates decide"
    )
    return [note]


def _leave_out(
    table: nw.LazyFrame[Any], settings: Settings
) -> tuple[nw.LazyFrame[Any], nw.LazyFrame[Any] | None]:
    """Set apart the rows of other kinds and other years than the settings name."""
    other_kinds = [kind for kind in KINDS if kind not in settings.kinds]
    if not other_kinds and not settings.years:
        return table, None
    out = nw.col("kind").is_in(other_kinds)
    for kind, (first, last) in settings.years.items():
        year = nw.col("year")
        outside = year.is_null() | (year < first) | (year > last)
        out = out | ((nw.col("kind") == kind) & outside)
    # A missing kind makes `out` missing: such a row is kept, and refused by name further on.
    out = nw.when(out).then(nw.lit(1)).otherwise(nw.lit(0)) == 1
    return table.filter(~out), table.filter(out).group_by("kind").agg(rows=nw.len())


def _name_fatal(screened: nw.LazyFrame[Any], source: Addresses) -> InputError:
    """Name the first row that shows the file is not what it was taken for."""
    fatal = screened.filter(nw.col("reason").is_in(FATAL))
    rows = collect(fatal.select("file", "row", "kind", "unread", "reason"))
    first = rows.sort_values(["file", "row"]).iloc[0]
    where = f"{first['file'] or source.name}"
    where += "" if pd.isna(first["row"]) else f", row {first['row']}"
    if first["reason"] == UNKNOWN_KIND:
        found = "no kind" if pd.isna(first["kind"]) else f"kind {first['kind']!r}"
        return InputError(f"Invalid {found} in {where}. Must be {', '.join(KINDS)}.")
    comma = " with a decimal point" if "," in first["unread"] else ""
    return InputError(f"Invalid {first['unread']} in {where}. Must be a number{comma}.")


def _add_unreadable(unreadable: pd.DataFrame, parts: _Parts) -> None:
    """Count the lines that are no row of their table."""
    if len(unreadable):
        known = unreadable.fillna({"kind": NO_KIND})
        counted = known.groupby(["kind", "reason"], as_index=False).size()
        counted = counted.rename(columns={"size": "rows"})
        nothing = dict.fromkeys(("addresses", "weight", "coarse"), 0)
        parts.collapsed.append(counted.assign(lon=np.nan, lat=np.nan, economy=None, **nothing))


def _order_rejects(rejects: pd.DataFrame, unreadable: pd.DataFrame) -> pd.DataFrame:
    """Put the rejects in the order of the files, each row by its place in the file."""
    texts = [name for name in TEXTS if name in rejects]
    rejects = rejects.reindex(columns=[*REJECTS, *texts])
    for file, lines in unreadable.groupby("file"):
        bad = lines["row"].sort_values().to_numpy()
        # DuckDB numbers the rows it could read; put the lines it could not back between them.
        mine = rejects["file"] == file
        row = rejects.loc[mine, "row"].to_numpy(np.int64)
        shift = np.searchsorted(bad - np.arange(len(bad)), row, side="right")
        rejects.loc[mine, "row"] = row + shift
    lines = unreadable.reindex(columns=rejects.columns)
    rejects = pd.concat([rejects, lines], ignore_index=True)
    types = {"row": "Int64", "year": "Int64", "count": "Int64", "lon": "float64", "lat": "float64"}
    rejects = rejects.astype(types | dict.fromkeys(("kind", "record_id", "economy"), "str"))
    rejects = rejects.astype(dict.fromkeys(("reason", "file", *texts), "str"))
    # A table handed in may have no row numbers: the other columns then settle the order.
    return rejects.sort_values(["file", "row", *REJECTS[:-2]], ignore_index=True)
