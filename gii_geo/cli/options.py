"""What the command line takes: its options, and how their texts become inputs and settings."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gii_geo.cli.texts import read_changes, read_columns, read_pairs, read_records

if TYPE_CHECKING:
    from gii_geo.settings import Settings


World = Annotated[
    Path | None,
    typer.Argument(metavar="[WORLD]", help="Folder that gii-geo read wrote, instead of files."),
]
Records = Annotated[
    list[str] | None,
    typer.Option(
        metavar="KIND=F [F...]", help="Files of a further kind: --records trademark=marks.csv"
    ),
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Any setting: --set min_economy_share=0.05"),
]
SourceOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=VALUE", help="What the source's reader is asked: --source-option types=all"
    ),
]
Repeat = Annotated[
    Path | None, typer.Option(help="Do the run of this run.json again, and nothing else.")
]
WorldOut = Annotated[Path, typer.Option("--out", help="Folder for the world.")]
Vary = Annotated[
    list[str],
    typer.Option(
        metavar="NAME=VALUE,VALUE", help="Values to try: --vary radius_km=10,15 gap_km=0,5"
    ),
]
Same = Annotated[
    str,
    typer.Option(
        help="What stays the same at another radius: the minimum, or the density (it grows with "
        "the area)."
    ),
]

Patents = Annotated[
    list[Path] | None, typer.Option(metavar="F [F...]", help="Files of inventors' addresses.")
]
Publications = Annotated[
    list[Path] | None, typer.Option(metavar="F [F...]", help="Files of authors' addresses.")
]
Deals = Annotated[
    list[Path] | None,
    typer.Option(metavar="F [F...]", help="Files of funded companies' addresses."),
]
Addresses = Annotated[
    list[Path] | None, typer.Option(metavar="F [F...]", help="Files with a column kind instead.")
]
Demo = Annotated[bool, typer.Option("--demo", help="Run on the built-in, made-up world.")]
Out = Annotated[Path, typer.Option(help="Folder for the files.")]
SettingsFile = Annotated[
    Path | None, typer.Option(help="TOML file of settings; options below come on top.")
]
Edition = Annotated[
    int | None, typer.Option(help="Start from the settings of a WIPO edition, 2017 to 2025.")
]
RadiusKm = Annotated[
    float | None, typer.Option(help="Radius of a neighbourhood in km. [default: 15]")
]
MinAddresses = Annotated[
    int | None, typer.Option(help="Addresses within the radius that make it dense.")
]
MinShare = Annotated[
    float | None, typer.Option(help="The same as a share of all activity. [default: 1e-4]")
]
GapKm = Annotated[float | None, typer.Option(help="Clusters this close merge. [default: 5]")]
Method = Annotated[str | None, typer.Option(help="dbscan or hdbscan. [default: dbscan]")]
MinLinkShare = Annotated[
    float | None,
    typer.Option(help="Clusters sharing this part of their records merge. [default: never]"),
]
MaxLinkKm = Annotated[
    float | None, typer.Option(help="No merge by links across more km. [default: 100]")
]
Counting = Annotated[str | None, typer.Option(help="fractional or full. [default: fractional]")]
ShareOf = Annotated[
    str | None, typer.Option(help="Shares of all records or of the placed. [default: all]")
]
Weight = Annotated[
    list[str] | None,
    typer.Option(metavar="KIND=NUMBER", help="Weight in the score: --weight deal=0.5"),
]
Years = Annotated[
    list[str] | None,
    typer.Option(metavar="KIND=FIRST-LAST", help="Years: --years patent=2020-2024"),
]
Source = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="Whose files: columns, patentsview, uspto, web_of_science, openalex, crunchbase.",
    ),
]
Geocode = Annotated[
    bool, typer.Option("--geocode", help="Find coordinates by city, region, country, address.")
]
Cache = Annotated[
    Path | None,
    typer.Option(help="Folder that keeps what was read of suppliers' files, to read them once."),
]
Radii = Annotated[
    list[float] | None,
    typer.Option(metavar="KM", help="Radii for the page's slider: --radii 5 10 15 20 30"),
]
Previous = Annotated[
    Path | None, typer.Option(help="Folder of an earlier run: its regions keep their ids.")
]
Population = Annotated[
    Path | None, typer.Option(help="People: a raster, or a table with lon, lat, population.")
]
Column = Annotated[
    list[str] | None,
    typer.Option(metavar="ROLE=NAME", help="Another column name: --column lon=lng count=n"),
]
Windows = Annotated[
    list[str],
    typer.Option(metavar="FIRST-LAST", help="Windows of years: --windows 2016-2020 2017-2021"),
]
Table = Annotated[Path, typer.Option(help="CSV file for the whole table.")]
Published = Annotated[
    str | None,
    typer.Option(help="Edition, 2017 to 2025, or CSV of a published ranking. [default: 2023]"),
]
Earlier = Annotated[Path | None, typer.Option("--with", help="Folder of an earlier run instead.")]
Chart = Annotated[Path | None, typer.Option(help="Picture to draw of both ranks (PNG, PDF, SVG).")]


def choose_sources(
    kinds: Mapping[str, list[Path] | None],
    addresses: list[Path] | None,
    *,
    demo: bool,
    records: Sequence[str] | None = None,
    world: Path | None = None,
) -> object:
    """Find out what to read; exactly one of the ways must be taken.

    Parameters
    ----------
    kinds : mapping of str to list of pathlib.Path or None
        Files per kind.
    addresses : list of pathlib.Path or None
        Files with a column kind.
    demo : bool
        Whether to take the built-in world.
    records : sequence of str, optional
        Files of further kinds, as `read_records` takes them.
    world : pathlib.Path, optional
        Folder of a world.

    Returns
    -------
    object
        What `records.intake.read_world` takes.
    """
    from gii_geo.demo import demo_path  # noqa: PLC0415  # --help stays quick
    from gii_geo.world import WORLD_FILE, is_world  # noqa: PLC0415

    given = {kind: files for kind, files in kinds.items() if files}
    for kind, files in read_records(records).items():
        given[kind] = [*given.get(kind, []), *files]
    ways = [bool(given), bool(addresses), demo, world is not None]
    if sum(ways) != 1:
        found = "several" if any(ways) else "none"
        msg = (
            "Invalid inputs. Must give --patents, --publications, --deals or --records, or "
            f"--addresses, or a world, or --demo; found {found} of these ways."
        )
        raise ValueError(msg)
    if world is not None and not is_world(world):
        msg = (
            f"Invalid world {world}. Must be a folder with a {WORLD_FILE}, which gii-geo read "
            "writes; files of addresses are given by --patents, --addresses and the like."
        )
        raise ValueError(msg)
    return demo_path() if demo else world or given or addresses


def choose_reading(
    source: str,
    source_option: Sequence[str] | None,
    geocode: bool,  # noqa: FBT001  # as the command line has it
    cache: Path | None,
    column: Sequence[str] | None,
) -> dict[str, Any]:
    """Collect how addresses are read.

    Parameters
    ----------
    source : str
        Whose files they are.
    source_option : sequence of str or None
        Such as "types=all".
    geocode : bool
        Whether to find coordinates by text.
    cache : pathlib.Path or None
        Folder of what was read of suppliers' files.
    column : sequence of str or None
        Such as "lon=longitude".

    Returns
    -------
    dict of str to Any
        As `records.intake.read_world` takes them.
    """
    form = "name=value, such as types=all"
    return {
        "columns": read_columns(column),
        "source": source,
        "source_options": read_pairs(source_option, "source option", form),
        "geocode": geocode,
        "cache": cache,
    }


def choose_settings(
    path: Path | None, options: dict[str, Any], pairs: Sequence[str] | None = None
) -> "Settings":
    """Lay the options over the file's settings, or over the edition's.

    Parameters
    ----------
    path : pathlib.Path or None
        TOML file of settings.
    options : dict of str to Any
        Settings from the command line, None where not given.
    pairs : sequence of str, optional
        Settings by their names, as `read_changes` takes them; they come on top.

    Returns
    -------
    Settings
        The settings.
    """
    from gii_geo.settings import Settings  # noqa: PLC0415  # --help stays quick

    changes = {name: value for name, value in options.items() if value is not None}
    named = read_changes(pairs)
    twice = sorted(set(changes) & set(named))
    if twice:
        msg = f"Invalid setting {twice[0]}, given twice. Must be given once."
        raise ValueError(msg)
    changes |= named
    if path is None:
        return Settings.from_mapping(changes)
    if not path.is_file():
        msg = f"Invalid settings file {path}. Must exist."
        raise ValueError(msg)
    edition = changes.pop("edition", None)
    if edition is not None:
        msg = f"Invalid edition {edition} beside a settings file. Must stand in the file."
        raise ValueError(msg)
    settings = Settings.from_toml(path)
    return settings.replace(**changes) if changes else settings
