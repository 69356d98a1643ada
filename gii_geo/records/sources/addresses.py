"""The addresses of one source, as every reader of tables hands them on."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import narwhals as nw

from gii_geo.records.sources.roles import TEXTS
from gii_geo.tables import LABELS, InputError

SAID: Final = (
    *("kind", "record_id", "lon", "lat", "economy", "year", "year_text", "count", "unread"),
    *("precision", "problem"),
)
"""What of an address makes its place, its year and its reason."""


@dataclass(frozen=True)
class Addresses:
    """The addresses of one source: a lazy table and what was noticed on the way.

    Attributes
    ----------
    table : narwhals.LazyFrame
        Columns kind, record_id, lon, lat, economy, year, year_text (what stands where a year
        should), count, unread (a text that should be a number), precision, group, those of
        `labels`, problem (why a record or place cannot be used), file, row.
    name : str
        What to call the source in a message.
    kind : str or None
        The kind of all its records, if they have one kind.
    has_records : bool
        False where every address is a record of its own.
    files : tuple of pathlib.Path
        The files behind it.
    notes : tuple of str
        Sentences for the summary.
    roles : frozenset of str
        What there is a column of.
    is_grouped_by_owner : bool
        Whether groups, if any, are the organisations.
    tables : int
        How many files or tables it is of.
    alike : narwhals.LazyFrame or None
        The columns `SAID` of the table, rows that are alike in them once, and times: how many they
        are; of a record_id only whether there is one. None where an engine would take no less time
        for it, and where they are geocoded.
    """

    table: nw.LazyFrame[Any]
    name: str
    kind: str | None
    has_records: bool
    files: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()
    roles: frozenset[str] = frozenset()
    is_grouped_by_owner: bool = False
    tables: int = 1
    alike: nw.LazyFrame[Any] | None = None

    @property
    def has_groups(self) -> bool:
        """Whether there is a column that says whose records hang together."""
        return not self.roles.isdisjoint(("group", "organisation"))

    @property
    def labels(self) -> tuple[str, ...]:
        """Which of `tables.LABELS` there is a column of."""
        return tuple(name for name in LABELS if name in self.roles)

    @property
    def owner(self) -> str:
        """The column that says whose records hang together, if there is one."""
        return "organisation" if self.is_grouped_by_owner else "group"

    @property
    def is_columnar(self) -> bool:
        """Whether it costs little to read a few of its columns again."""
        return bool(self.files) and all(file.suffix.lower() == ".parquet" for file in self.files)


def concat_addresses(parts: list[Addresses]) -> Addresses:
    """Join the files of one kind, so that a record may spread over several of them.

    Parameters
    ----------
    parts : list of Addresses
        At least one.

    Returns
    -------
    Addresses
        All of them as one.
    """
    tables = sum(part.tables for part in parts)
    name = parts[0].name if tables == 1 else f"{parts[0].name} and {tables - 1} more"
    if len(parts) == 1:
        return parts[0] if tables == 1 else replace(parts[0], name=name)
    engines = {part.table.implementation for part in parts}
    if len(engines) > 1:
        told = " and ".join(sorted(engine.value for engine in engines))
        msg = (
            "Invalid addresses of several engines. Must be files or tables of one engine; found "
            f"{told}: collect the lazy tables first."
        )
        raise InputError(msg)
    own = {name for part in parts for name in part.table.collect_schema().names()}
    texts: list[str] = [name for name in (*LABELS, *TEXTS) if name in own]
    table = nw.concat([_add_texts(part.table, texts) for part in parts])
    alike = [part.alike for part in parts if part.alike is not None]
    return replace(
        parts[0],
        table=table,
        name=name,
        tables=tables,
        has_records=any(part.has_records for part in parts),
        files=tuple(file for part in parts for file in part.files),
        notes=tuple(note for part in parts for note in part.notes),
        roles=frozenset().union(*(part.roles for part in parts)),
        is_grouped_by_owner=all(part.is_grouped_by_owner for part in parts),
        alike=nw.concat(alike) if len(alike) == len(parts) else None,
    )


def _add_texts(table: nw.LazyFrame[Any], texts: list[str]) -> nw.LazyFrame[Any]:
    """Give a table the texts that another of its kind has, all of them missing."""
    own = table.collect_schema().names()
    lacking = {name: nw.lit(None).cast(nw.String) for name in texts if name not in own}
    rest = [name for name in own if name not in texts]
    table = table.with_columns(**lacking) if lacking else table
    return table.select(*rest, *texts)
