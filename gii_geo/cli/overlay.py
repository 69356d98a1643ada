"""The command `compare --polygons`: polygons of the user's own beside a run."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import pandas as pd
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gii_geo.compare.areas import read_areas
from gii_geo.compare.overlay import Polygons, hold_areas, hold_polygons
from gii_geo.export import check_table_free, read_run, write_csv, write_geojson
from gii_geo.owned import check_plain
from gii_geo.paths import check_folder
from gii_geo.regions.sums import sum_locations
from gii_geo.repeat import repeat_run
from gii_geo.swap import hold, open_room
from gii_geo.tables import InputError, call_kind, describe_kinds, list_kinds

FIRST: Final = 10
"""Polygons that the terminal shows."""


def hold_beside_run(
    folder: Path, file: Path, *, name: str | None = None, layer: str | None = None
) -> Polygons:
    """Hold polygons beside a run that was written.

    Fractional counts come from its file of locations; full ones need its records, so that the run
    is done again from what its run.json tells.

    Parameters
    ----------
    folder : pathlib.Path
        Of the run.
    file : pathlib.Path
        Of the polygons.
    name : str or None
        Column to call them by.
    layer : str or None
        Of a file that has several.

    Returns
    -------
    Polygons
        The two beside each other.

    Raises
    ------
    InputError
        If either cannot be read.
    """
    regions, locations, run = read_run(folder)
    areas = read_areas(file, name=name, layer=layer)
    settings = run["settings"]
    if settings["counting"] == "full":
        return hold_areas(repeat_run(folder)[0], areas)
    kinds = list_kinds(locations)
    return hold_polygons(
        locations,
        regions,
        areas,
        count=partial(sum_locations, locations, kinds, name="polygon"),
        totals={kind: _find_total(run, kind) for kind in kinds},
        score_weights=settings["score_weights"],
    )


def write_polygons(beside: Polygons, folder: Path, *, inputs: Sequence[Path] = ()) -> list[Path]:
    """Write what was found as files.

    Parameters
    ----------
    beside : Polygons
        What was found.
    folder : pathlib.Path
        Where to; made if it is missing.
    inputs : sequence of pathlib.Path, default ()
        Files that are read, which are never replaced.

    Returns
    -------
    list of pathlib.Path
        polygons.csv, polygons.geojson and polygons_by_region.csv.

    Raises
    ------
    InputError
        If the folder is a file, or a file there is an input or another's.
    """
    if folder.exists() and not folder.is_dir():
        msg = f"Invalid folder {folder}. Must be a folder; found a file."
        raise InputError(msg)
    folder = check_folder(folder).resolve()
    names = ("polygons.csv", "polygons.geojson", "polygons_by_region.csv")
    paths = [folder / name for name in names]
    with hold(folder), open_room(folder) as room:
        write_csv(pd.DataFrame(beside.ranking.drop(columns="geometry")), room / names[0])
        write_geojson(beside.ranking, room / names[1], by="polygon")
        write_csv(beside.cross, room / names[2])
        for path in (paths[0], paths[2]):
            check_table_free(path, inputs=inputs)
        check_plain(paths[1], inputs=inputs)
        if paths[1].exists() and not paths[0].exists():  # it tells nothing of who wrote it
            msg = f"Invalid output file {paths[1]}. Must be one that gii-geo wrote to be replaced."
            raise InputError(msg)
        for path in paths:
            (room / path.name).replace(path)
    return paths


def print_polygons(beside: Polygons, console: Console) -> None:
    """Print the first polygons, and for each the region that it has most in common with.

    Parameters
    ----------
    beside : Polygons
        What was found.
    console : rich.console.Console
        Where to.
    """
    kinds = describe_kinds(list_kinds(beside.ranking))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("rank", no_wrap=True)
    table.add_column("polygon", overflow="fold")
    for name in (*(call_kind(kind.word) for kind in kinds), "score"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("most like", overflow="fold")
    table.add_column("Jaccard", justify="right", no_wrap=True)
    both = beside.cross.dropna(subset=["jaccard"])
    like = both.sort_values(["jaccard", "region_id"], ascending=[False, True])
    like = like.drop_duplicates("polygon").set_index("polygon")
    for row in beside.ranking.head(FIRST).to_dict("records"):
        counts = [f"{row[kind.plural]:,.0f}" for kind in kinds]
        cells = [str(row["rank"]), escape(row["polygon"]), *counts, f"{row['score']:.4f}"]
        if row["polygon"] in like.index:
            nearest = like.loc[row["polygon"]]
            cells += [escape(nearest["name"]), f"{nearest['jaccard']:.2f}"]
        table.add_row(*cells)
    console.print(table)
    for line in beside.describe():
        console.print(escape(line), soft_wrap=True)


def _find_total(run: dict[str, Any], kind: str) -> int:
    """Give what the shares of a kind are shares of, as the run's accounts have it."""
    accounts = run["accounts"]
    told = accounts["kinds"].get(kind)
    if told is None:
        return 0
    if run["settings"]["share_of"] == "all":
        return int(told["records"]) * int(accounts["record_units"])
    return int(told["units_in_regions"]) + int(told["units_outside_regions"])
