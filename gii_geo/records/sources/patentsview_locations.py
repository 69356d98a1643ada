"""PatentsView's table of locations, which is small."""

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from gii_geo.ranges import show_value
from gii_geo.records.csv_header import list_repeated
from gii_geo.records.sources.address_table import read_economy
from gii_geo.records.sources.archives import SourceFile
from gii_geo.records.sources.headers import refuse_repeated, skip_headers
from gii_geo.records.sources.lines import read_lines
from gii_geo.tables import InputError

_DECIMAL_COMMA: Final = re.compile(r"\s*[+-]?\d+,\d+\s*")

_NAMED: Final = {
    "city": "disambig_city",
    "division": "disambig_state",
    "country": "disambig_country",
}
"""The columns of what a location is in."""

_READ: Final = ("location_id", "longitude", "latitude", *_NAMED.values())


class Location(NamedTuple):
    """One location; its place is a number, so that an inventor's row is small."""

    place: int
    location_id: str
    lon: float | None
    lat: float | None
    economy: str | None
    city: str | None
    division: str | None
    country: str | None
    precision: str | None


def read_locations(file: SourceFile) -> Iterator[tuple[int, Location | str]]:
    r"""Read the table of locations.

    Parameters
    ----------
    file : SourceFile
        The table, not yet read.

    Yields
    ------
    row : int
        A line, numbered from 1 below the header.
    location : Location or str
        What it tells, its place still 0; or why it is no row.

    Raises
    ------
    InputError
        If the file is no text, has another header behind its own, or a coordinate with a decimal
        comma.

    Examples
    --------
    >>> import io
    >>> text = b"location_id\tlatitude\tlongitude\nL1\t47.56\t7.59\n"
    >>> file = SourceFile("a.tsv", io.BufferedReader(io.BytesIO(text)))
    >>> [(row, one.location_id, one.lon, one.lat) for row, one in read_locations(file)]
    [(1, 'L1', 7.59, 47.56)]
    """
    lines = read_lines(file)
    first = next(lines, "")
    header = [_unquote(name) for name in first.split("\t")]
    refuse_repeated(_READ, list_repeated(header), where=file.name)
    below = skip_headers(lines, first, delimiter="\t", file=file.name)
    for row, line in enumerate(below, start=1):
        cells = [_unquote(cell) for cell in line.split("\t")]
        if len(cells) == len(header):
            where = f"{file.name}, row {row}"
            yield row, _read_location(dict(zip(header, cells, strict=True)), where)
        elif line.strip():
            yield row, f"broken record: {len(cells)} cells instead of {len(header)}"


def _unquote(cell: str) -> str:
    """Take off the quotes around a cell."""
    cell = cell.strip()
    if cell.startswith('"') and cell.endswith('"'):
        cell = cell[1:-1].replace('""', '"')
    return cell


def _read_location(cells: Mapping[str, str], where: str) -> Location:
    """Read one location; its precision is the smallest thing it names."""
    named = {name: cells.get(column) or None for name, column in _NAMED.items()}
    return Location(
        place=0,
        location_id=cells["location_id"],
        lon=_read_degrees(cells, "longitude", where),
        lat=_read_degrees(cells, "latitude", where),
        economy=read_economy(named["country"]),
        precision=next((name for name, text in named.items() if text), None),
        **named,
    )


def _read_degrees(cells: Mapping[str, str], name: str, where: str) -> float | None:
    """Read a coordinate, missing if it is no number."""
    try:
        return float(cells[name])
    except ValueError:
        if _DECIMAL_COMMA.fullmatch(cells[name]):
            msg = f"Invalid {name} {show_value(cells[name])} in {where}. Must be a number with a "
            raise InputError(msg + "decimal point.") from None
        return None
