"""What the command line takes: its options, and how their texts become inputs and settings."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from gii_geo.settings import Settings

_FILES = ("--patents", "--publications", "--deals", "--addresses")
_SEVERAL_VALUES = (*_FILES, "--column", "--weight", "--years", "--windows", "--radii")

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
    kinds: Mapping[str, list[Path] | None], addresses: list[Path] | None, *, demo: bool
) -> object:
    """Find out what to read; exactly one of the three ways must be taken.

    Parameters
    ----------
    kinds : mapping of str to list of pathlib.Path or None
        Files per kind.
    addresses : list of pathlib.Path or None
        Files with a column kind.
    demo : bool
        Whether to take the built-in world.

    Returns
    -------
    object
        What `pipeline.find_regions` takes.
    """
    from gii_geo.demo import demo_path  # noqa: PLC0415  # --help stays quick

    given = {kind: files for kind, files in kinds.items() if files}
    ways = [bool(given), bool(addresses), demo]
    if sum(ways) != 1:
        msg = (
            "Invalid inputs. Must give --patents, --publications, --deals, or --addresses, "
            f"or --demo; found {'several' if any(ways) else 'none'} of these ways."
        )
        raise ValueError(msg)
    if demo:
        return demo_path()
    return given or addresses


def choose_settings(path: Path | None, options: dict[str, Any]) -> "Settings":
    """Lay the options over the file's settings, or over the edition's.

    Parameters
    ----------
    path : pathlib.Path or None
        TOML file of settings.
    options : dict of str to Any
        Settings from the command line, None where not given.

    Returns
    -------
    Settings
        The settings.
    """
    from gii_geo.settings import Settings  # noqa: PLC0415  # --help stays quick

    changes = {name: value for name, value in options.items() if value is not None}
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


def _read_pairs(pairs: Sequence[str] | None, name: str, form: str) -> dict[str, str]:
    """Read key=value pairs."""
    read = {}
    for pair in pairs or []:
        key, equals, value = pair.partition("=")
        if not (key and equals and value):
            msg = f"Invalid {name} {pair!r}. Must be {form}."
            raise ValueError(msg)
        read[key] = value
    return read


def read_columns(pairs: Sequence[str] | None) -> dict[str, str]:
    """Read which column plays which role.

    Parameters
    ----------
    pairs : sequence of str or None
        Such as "lon=longitude".

    Returns
    -------
    dict of str to str
        Role to column.
    """
    return _read_pairs(pairs, "column", "role=column, such as lon=longitude")


def read_weights(pairs: Sequence[str] | None) -> dict[str, float] | None:
    """Read the weights of the kinds in the score.

    Parameters
    ----------
    pairs : sequence of str or None
        Such as "deal=0.5".

    Returns
    -------
    dict of str to float or None
        Kind to weight, None if there is none.
    """
    form = "kind=number, such as deal=0.5"
    weights = {}
    for kind, text in _read_pairs(pairs, "weight", form).items():
        try:
            weights[kind] = float(text)
        except ValueError:
            msg = f"Invalid weight {kind}={text}. Must be {form}."
            raise ValueError(msg) from None
    return weights or None


def read_years(pairs: Sequence[str] | None) -> dict[str, tuple[int, int]] | None:
    """Read the first and last year of the kinds.

    Parameters
    ----------
    pairs : sequence of str or None
        Such as "patent=2020-2024".

    Returns
    -------
    dict of str to (int, int) or None
        Kind to years, None if there is none.
    """
    form = "kind=first-last, such as patent=2020-2024"
    texts = _read_pairs(pairs, "years", form)
    return {kind: _read_span(text, f"{kind}={text}", form) for kind, text in texts.items()} or None


def read_windows(texts: Sequence[str]) -> list[tuple[int, int]]:
    """Read windows of years.

    Parameters
    ----------
    texts : sequence of str
        Such as "2016-2020".

    Returns
    -------
    list of (int, int)
        First and last year of each.
    """
    return [_read_span(text, text, "first-last, such as 2016-2020") for text in texts]


def _read_span(text: str, found: str, form: str) -> tuple[int, int]:
    """Read a first and a last year, or one that is both."""
    first, _, last = text.partition("-")
    if not (first.isdecimal() and (last or first).isdecimal()):
        msg = f"Invalid years {found}. Must be {form}."
        raise ValueError(msg)
    return int(first), int(last or first)


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
    """
    spread: list[str] = []
    option = None
    for arg in args:
        if arg.startswith("--"):
            option = arg if arg in _SEVERAL_VALUES else None
            fresh = True
            spread.append(arg)
        elif option is None or arg.startswith("-"):
            spread.append(arg)
        else:
            spread.extend([arg] if fresh else [option, arg])
            fresh = False
    return spread
