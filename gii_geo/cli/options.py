"""What the command line takes: its options, and which of them take several values."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

from gii_geo.paths import take_path

_RECORDS = "--records"
NO_MATTER: Final = ("--out", "--memory", "--threads", "--spill", "--log")
"""Options on which no result hangs: where it goes, what it may use, how it talks."""

_FILES = ("--patents", "--publications", "--deals", _RECORDS, "--addresses")
_PAIRS = ("--column", "--weight", "--years", "--set", "--spark-conf")
_PATHS = (
    *("--out", "--settings", "--repeat", "--gazetteer", "--corrections", "--cache", "--previous"),
    *("--population", "--spill", "--table", "--with", "--chart", "--polygons"),
)
_SEVERAL_VALUES = (*_FILES, *_PAIRS, "--windows", "--radii", "--vary", "--range", "--source-option")

World = Annotated[
    Path | None,
    typer.Argument(metavar="[WORLD]", help="Folder that gii-geo read wrote, instead of files."),
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
Draws = Annotated[int, typer.Option(help="How many draws.")]
Seed = Annotated[int, typer.Option(help="Where the draws begin: the same seed, the same draws.")]
Range = Annotated[
    list[str] | None,
    typer.Option(
        "--range",
        metavar="NAME=LOW-HIGH",
        help="Other ranges to draw from, or none: --range radius_km=10-20 minimum=0.8-1.2 "
        "counting=none",
    ),
]
PositionKm = Annotated[
    float,
    typer.Option(help="How far addresses known by their city spread around it (s.d. in km)."),
]
RedrawRecords = Annotated[
    bool,
    typer.Option(
        "--redraw-records",
        help="Draw other records as well, for how often a region is found with them.",
    ),
]
Patents = Annotated[
    list[Path] | None,
    typer.Option(metavar="F [F...]", parser=take_path, help="Files of inventors' addresses."),
]
Publications = Annotated[
    list[Path] | None,
    typer.Option(metavar="F [F...]", parser=take_path, help="Files of authors' addresses."),
]
Deals = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="F [F...]", parser=take_path, help="Files of funded companies' addresses."
    ),
]
Records = Annotated[
    list[str] | None,
    typer.Option(
        metavar="KIND=F [F...]", help="Files of any kind: --records trademark=a.csv b.csv"
    ),
]
AddressFiles = Annotated[
    list[Path] | None,
    typer.Option(metavar="F [F...]", parser=take_path, help="Files with a column kind instead."),
]
Demo = Annotated[bool, typer.Option("--demo", help="Run on the built-in, made-up world.")]
Sample = Annotated[
    bool,
    typer.Option(
        "--sample", help="Take the packaged real sample, min_share 0.0005: no WIPO ranking."
    ),
]
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
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="NAME=VALUE", help="Any setting, on top of all: --set years.deal=2019-2023"
    ),
]
Confidence = Annotated[
    float | None, typer.Option(help="Of the ranks that a region may have. [default: 0.95]")
]
NoRankSets = Annotated[
    bool, typer.Option("--no-rank-sets", help="Leave out the ranks that a region may have.")
]
Source = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="Whose files: columns, patentsview, uspto, web_of_science, openalex, crunchbase.",
    ),
]
Engine = Annotated[
    str,
    typer.Option(help="Who reads the files: duckdb, or spark where they are past one machine."),
]
SparkConf = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=VALUE",
        help="Settings of the Spark session: --spark-conf spark.executor.memory=8g",
    ),
]
Geocode = Annotated[
    bool, typer.Option("--geocode", help="Find coordinates by city, division, country, address.")
]
AllowContradictions = Annotated[
    bool,
    typer.Option(
        "--allow-contradictions",
        help="Go on if most addresses lie far outside the economy that they name.",
    ),
]
GridDeg = Annotated[
    float | None,
    typer.Option(
        help="Move addresses to the nearest point of a grid of so many degrees: 0.001. "
        "[default: they stay]"
    ),
]
MinConfidence = Annotated[
    float | None,
    typer.Option(help="Least confidence that places a geocoded address, 0 to 1. [default: 0.5]"),
]
Gazetteer = Annotated[
    Path | None, typer.Option(help="Places of your own for the geocoder: name, lon, lat, economy.")
]
Corrections = Annotated[
    Path | None, typer.Option(help="What the geocoder reads instead of a text: from, to.")
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
Memory = Annotated[
    str | None,
    typer.Option(
        metavar="SIZE", help="What DuckDB may hold; the rest goes to disk: 512MB. [default: 768MB]"
    ),
]
Threads = Annotated[
    int | None, typer.Option(help="Threads that DuckDB may use. [default: one a core]")
]
Spill = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Folder on a disk for what --memory does not hold."),
]
Log = Annotated[
    str,
    typer.Option(
        "--log", metavar="FORM", help="Progress on stderr: text, or json (one object a line)."
    ),
]
Column = Annotated[
    list[str] | None,
    typer.Option(
        metavar="ROLE=NAME",
        help="Another column name, of all kinds or of one: --column lon=lng deal.year=founded",
    ),
]
Windows = Annotated[
    list[str],
    typer.Option(metavar="FIRST-LAST", help="Windows of years: --windows 2016-2020 2017-2021"),
]
WindowKinds = Annotated[
    str,
    typer.Option(
        "--kinds", help="Rank each window on the kinds that are common to all, or on those of each."
    ),
]
Table = Annotated[Path, typer.Option(help="CSV file for the whole table.")]
Published = Annotated[
    str | None,
    typer.Option(help="Edition, 2017 to 2025, or CSV of a published ranking. [default: 2023]"),
]
Earlier = Annotated[Path | None, typer.Option("--with", help="Folder of an earlier run instead.")]
Chart = Annotated[Path | None, typer.Option(help="Picture to draw of both ranks (PNG, PDF, SVG).")]
PolygonFile = Annotated[
    Path | None,
    typer.Option(
        "--polygons", help="Polygons to count and rank instead: any file that GDAL reads, any CRS."
    ),
]
PolygonName = Annotated[
    str | None, typer.Option(help="Column of the polygons to call them by. [default: a likely one]")
]
PolygonLayer = Annotated[
    str | None, typer.Option("--layer", help="Layer of the polygons' file, if it has several.")
]
PolygonsOut = Annotated[
    Path | None, typer.Option("--out", help="Folder to write what is found of the polygons to.")
]


def spread_values(args: Sequence[str]) -> list[str]:
    """Repeat an option before each of its values.

    Parameters
    ----------
    args : sequence of str
        The command line.

    Returns
    -------
    list of str
        The same for a parser that takes one value an option.

    Examples
    --------
    >>> spread_values(["--patents", "a.csv", "b.csv"])
    ['--patents', 'a.csv', '--patents', 'b.csv']
    >>> spread_values(["--records", "trademark=a.csv", "b.csv"])
    ['--records', 'trademark=a.csv', '--records', 'trademark=b.csv']
    """
    spread: list[str] = []
    option, lead = None, ""
    for arg in _put_forgotten_last(args):
        if arg.startswith("--"):
            option = arg if arg in _SEVERAL_VALUES else None
            fresh = True
            spread.append(arg)
        elif option is None or arg.startswith("-"):
            spread.append(arg)
        elif fresh:
            spread.append(arg)
            kind, equals, _ = arg.partition("=")
            lead = kind + equals if option == _RECORDS and equals else ""
            fresh = False
        else:
            spread.extend([option, lead + arg])
    return spread


def _put_forgotten_last(args: Sequence[str]) -> list[str]:
    """Put an option whose value was forgotten at the end, where the parser says so.

    Elsewhere it would take the next option for its value: --addresses --out out. An empty text is
    none: of a shell's variable that is not set it would make the folder that one is in.
    """
    option = None
    for place, arg in enumerate(args):
        name, equals, value = arg.partition("=")
        if arg.startswith("--"):
            option = name
        if option and (not arg or (arg.startswith("--") and equals and not value)):
            return [*args, option]
        after = args[place + 1] if place + 1 < len(args) else ""
        is_option = after.startswith("--") and after != "--"
        if is_option and arg in (*_PATHS, *_SEVERAL_VALUES):
            return [*args[:place], *args[place + 1 :], arg]
    return list(args)
