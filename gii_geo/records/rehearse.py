"""A reading rehearsed: what it would refuse by files, columns and first rows, without the rest."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pandas as pd

from gii_geo.packing import TABLES, empty_table
from gii_geo.progress import tell_nobody
from gii_geo.records.engine import Engine
from gii_geo.records.geocode_options import GeocodeOptions
from gii_geo.records.intake import check_fatal
from gii_geo.records.lazy import name_unreadable
from gii_geo.records.reading import ReadOptions, open_sources
from gii_geo.records.screen import screen_addresses
from gii_geo.records.sources.peek import peeking
from gii_geo.world import World

_FIRST_ROWS: Final = 1000


def rehearse_reading(
    addresses: object, *, options: ReadOptions
) -> tuple[tuple[Path, ...], World | None]:
    """Refuse what reading would refuse, as far as it shows before all rows are read.

    Parameters
    ----------
    addresses : object
        What `read_world` takes.
    options : ReadOptions
        How to read them.

    Returns
    -------
    files : tuple of pathlib.Path
        The files.
    world : World or None
        An empty world of the same kinds, with or without years, to be asked what a question would
        be refused for; None where a column tells the kinds.

    Raises
    ------
    InputError
        If a source cannot be used: its form, its columns, one of its first rows, or what the
        geocoder is given.
    """
    undated: dict[str, bool] = {}
    limits = options.duckdb
    if not limits.folder.is_dir():  # nothing is written: neither there nor the folder itself
        limits = replace(limits, spill=None)
    with Engine(limits, options.engine, options.spark) as engine, peeking():
        uncached = replace(options, cache=None)
        sources = list(open_sources(engine, addresses, uncached, tell_nobody))
        _check_geocoder(options.geocode)
        for source in sources:
            with name_unreadable(source.name, source.files):
                check_fatal(screen_addresses(source.table.head(_FIRST_ROWS)), source)
            if source.kind is not None:
                undated[source.kind] = undated.get(source.kind, True) and "year" not in source.roles
    files = (*(file for source in sources for file in source.files), *options.files)
    kinds = list(addresses) if isinstance(addresses, Mapping) else []
    if set(kinds) != set(undated):
        return files, None
    provenance = {"kinds": kinds, "undated": [kind for kind, missing in undated.items() if missing]}
    tables: dict[str, Any] = {name: empty_table(name) for name in TABLES}
    return files, World(**tables, provenance=provenance)


def _check_geocoder(geocode: GeocodeOptions | None) -> None:
    """Refuse a gazetteer and corrections that the geocoder would refuse."""
    if geocode is None or not geocode.files:
        return
    from gii_geo.records.geocode import geocode_addresses  # noqa: PLC0415  # an extra

    place = pd.DataFrame({"city": ["Basel"], "country": ["CH"]})
    geocode_addresses(place, gazetteer=geocode.gazetteer, corrections=geocode.corrections)
