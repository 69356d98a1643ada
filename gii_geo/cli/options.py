"""What the command line takes: its options, and how their texts become inputs and settings."""

from collections.abc import Mapping, Sequence
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gii_geo.cli.pairs import lay_over, read_pair, read_settings

if TYPE_CHECKING:
    from gii_geo.settings import Settings

_RECORDS = "--records"
_FILES = ("--patents", "--publications", "--deals", _RECORDS, "--addresses")
_PAIRS = ("--column", "--weight", "--years", "--set")
_SEVERAL_VALUES = (*_FILES, *_PAIRS, "--windows", "--radii", "--vary", "--source-option")

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
Records = Annotated[
    list[str] | None,
    typer.Option(
        metavar="KIND=F [F...]", help="Files of any kind: --records trademark=a.csv b.csv"
    ),
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
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="NAME=VALUE", help="Any setting, on top of all: --set years.deal=2019-2023"
    ),
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


def gather_files(
    records: Sequence[str] | None, **known: list[Path] | None
) -> dict[str, list[Path]]:
    """Put the files of every kind together, WIPO's kinds first.

    Parameters
    ----------
    records : sequence of str or None
        Such as "trademark=a.csv", one for each file.
    **known : list of pathlib.Path or None
        Files of WIPO's kinds, by their plural.

    Returns
    -------
    dict of str to list of pathlib.Path
        Kind to its files, for the kinds that have any.

    Examples
    --------
    >>> files = gather_files(["trademark=a.csv", "deal=b.csv"], deals=[Path("c.csv")])
    >>> {kind: [path.name for path in paths] for kind, paths in files.items()}
    {'deal': ['c.csv', 'b.csv'], 'trademark': ['a.csv']}
    """
    from gii_geo.tables import KNOWN_KINDS, check_kind, order_kinds  # noqa: PLC0415  # as below

    word_of = {kind.plural: kind.word for kind in KNOWN_KINDS}
    files = {word_of[plural]: list(paths) for plural, paths in known.items() if paths}
    for pair in records or []:
        kind, path = read_pair(pair, "records", "kind=file, such as trademark=a.csv")
        files.setdefault(check_kind(kind), []).append(Path(path))
    return {kind: files[kind] for kind in order_kinds(files)}


def choose_sources(
    kinds: Mapping[str, list[Path] | None],
    addresses: list[Path] | None,
    *,
    demo: bool,
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
    ways = [bool(given), bool(addresses), demo, world is not None]
    if sum(ways) != 1:
        found = "several" if any(ways) else "none"
        msg = (
            "Invalid inputs. Must give --patents, --publications, --deals, --records, or "
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


def tell_command(words: Sequence[str]) -> list[str]:
    """Give the words of a command as they were typed, but for where it writes to.

    Parameters
    ----------
    words : sequence of str
        The command line behind the program's name.

    Returns
    -------
    list of str
        The words without --out and its value, so that the same run has the same run.json in any
        folder.

    Examples
    --------
    >>> tell_command(["run", "--demo", "--out", "here", "--radius-km", "13"])
    ['run', '--demo', '--radius-km', '13']
    """
    told: list[str] = []
    skip = False
    for word in words:
        if not skip and word != "--out" and not word.startswith("--out="):
            told.append(word)
        skip = word == "--out"
    return told


def choose_settings(
    path: Path | None, options: Mapping[str, Any], pairs: Sequence[str] | None = None
) -> "Settings":
    """Lay the options, then the pairs, over the file's settings or the edition's.

    Parameters
    ----------
    path : pathlib.Path or None
        TOML file of settings.
    options : mapping of str to Any
        Settings from the command line, None where not given.
    pairs : sequence of str, optional
        Any settings, such as "radius_km=13".

    Returns
    -------
    Settings
        The settings. A value for one kind leaves those of the others as they are.

    Examples
    --------
    >>> chosen = choose_settings(None, {"edition": 2024, "gap_km": 2}, ["score_weights.deal=0.5"])
    >>> chosen.gap_km, chosen.score_weights["deal"]
    (2.0, 0.5)
    """
    from gii_geo.settings import Settings  # noqa: PLC0415  # --help stays quick

    given = {name: value for name, value in options.items() if value is not None}
    changes = [given, *read_settings(pairs)]
    editions = [change.pop("edition") for change in changes if "edition" in change]
    if path is None:
        settings = Settings.from_mapping({"edition": editions[-1]} if editions else {})
    elif not path.is_file():
        msg = f"Invalid settings file {path}. Must exist."
        raise ValueError(msg)
    elif editions:
        msg = f"Invalid edition {editions[-1]} beside a settings file. Must stand in the file."
        raise ValueError(msg)
    else:
        settings = Settings.from_toml(path)
    known = vars(settings)
    laid = reduce(lay_over, changes, known)
    Settings.from_mapping({name: laid[name] for name in laid if name not in known})  # refused
    return settings.replace(**{name: laid[name] for change in changes for name in change})


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
    for arg in args:
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
