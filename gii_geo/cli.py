"""The command line: gii-geo run."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console

import gii_geo

if TYPE_CHECKING:
    from gii_geo.settings import Settings

_FILES = ("--patents", "--publications", "--deals", "--addresses")
_SEVERAL_VALUES = (*_FILES, "--column", "--weight", "--years")
_BAD_INPUT = 2
_PIPED_WIDTH = 110

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Geocoded addresses in, ranked cross-border innovation regions out.",
)


def main() -> None:
    """Run the command line."""
    app(args=_spread_values(sys.argv[1:]), prog_name="gii-geo")


@app.callback(invoke_without_command=True)
def _root(
    *,
    version: Annotated[bool, typer.Option("--version", help="Show the version and leave.")] = False,
) -> None:
    if version:
        typer.echo(f"gii-geo {gii_geo.__version__}")
        raise typer.Exit


@app.command()
def run(  # noqa: PLR0913  # one argument an option
    *,
    patents: Annotated[
        list[Path] | None, typer.Option(metavar="F [F...]", help="Files of inventors' addresses.")
    ] = None,
    publications: Annotated[
        list[Path] | None, typer.Option(metavar="F [F...]", help="Files of authors' addresses.")
    ] = None,
    deals: Annotated[
        list[Path] | None,
        typer.Option(metavar="F [F...]", help="Files of funded companies' addresses."),
    ] = None,
    addresses: Annotated[
        list[Path] | None,
        typer.Option(metavar="F [F...]", help="Files with a column kind instead."),
    ] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Run on the built-in, made-up world.")
    ] = False,
    out: Annotated[Path, typer.Option(help="Folder for the files.")] = Path("out"),
    settings: Annotated[
        Path | None, typer.Option(help="TOML file of settings; options below come on top.")
    ] = None,
    edition: Annotated[
        int | None, typer.Option(help="Start from the settings of a WIPO edition, 2017 to 2025.")
    ] = None,
    radius_km: Annotated[
        float | None, typer.Option(help="Radius of a neighbourhood in km.  [default: 15]")
    ] = None,
    min_addresses: Annotated[
        int | None, typer.Option(help="Addresses within the radius that make it dense.")
    ] = None,
    min_share: Annotated[
        float | None,
        typer.Option(help="The same as a share of all activity.  [default: 1e-4]"),
    ] = None,
    gap_km: Annotated[
        float | None, typer.Option(help="Clusters this close merge.  [default: 5]")
    ] = None,
    method: Annotated[
        str | None, typer.Option(help="dbscan or hdbscan.  [default: dbscan]")
    ] = None,
    min_link_share: Annotated[
        float | None,
        typer.Option(help="Clusters sharing this part of their records merge.  [default: never]"),
    ] = None,
    max_link_km: Annotated[
        float | None, typer.Option(help="No merge by links across more km.  [default: 100]")
    ] = None,
    counting: Annotated[
        str | None, typer.Option(help="fractional or full.  [default: fractional]")
    ] = None,
    share_of: Annotated[
        str | None, typer.Option(help="Shares of all records or of the placed.  [default: all]")
    ] = None,
    weight: Annotated[
        list[str] | None,
        typer.Option(metavar="KIND=NUMBER", help="Weight in the score: --weight deal=0.5"),
    ] = None,
    years: Annotated[
        list[str] | None,
        typer.Option(metavar="KIND=FIRST-LAST", help="Years: --years patent=2020-2024"),
    ] = None,
    previous: Annotated[
        Path | None, typer.Option(help="Folder of an earlier run: its regions keep their ids.")
    ] = None,
    population: Annotated[
        Path | None, typer.Option(help="People: a raster, or a table with lon, lat, population.")
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(metavar="ROLE=NAME", help="Another column name: --column lon=lng count=n"),
    ] = None,
) -> None:
    """Take address files to ranked cross-border regions."""
    inputs = {"patent": patents, "publication": publications, "deal": deals}
    given = {kind: files for kind, files in inputs.items() if files}
    with _refusals():
        sources = _choose_sources(given, addresses or [], demo=demo)
        chosen = _choose_settings(
            settings,
            {
                "edition": edition,
                "radius_km": radius_km,
                "min_addresses": min_addresses,
                "min_share": min_share,
                "gap_km": gap_km,
                "method": method,
                "min_link_share": min_link_share,
                "max_link_km": max_link_km,
                "counting": counting,
                "share_of": share_of,
                "score_weights": _read_weights(weight or []),
                "years": _read_years(years or []),
            },
        )
        columns = _read_pairs(column or [], "column", "role=column, such as lon=longitude")
        context = {"columns": columns, "previous": previous, "population": population}
        _run(sources, chosen, context, out)


@app.command()
def edition(
    year: Annotated[int, typer.Argument(help="2017 to 2025.")],
) -> None:
    """Show the settings of a WIPO edition, and how well each is known."""
    from gii_geo import summary  # noqa: PLC0415  # --help stays quick
    from gii_geo.editions import describe_edition  # noqa: PLC0415

    with _refusals():
        summary.print_edition(year, describe_edition(year), _stdout())


def _run(sources: object, settings: "Settings", context: dict[str, Any], out: Path) -> None:
    """Run the method, write the files and print the summary."""
    from gii_geo import export, pipeline, summary  # noqa: PLC0415  # --help stays quick

    export.check_folder(out)
    with _progress() as tell:
        result = pipeline.find_regions(sources, settings, **context, progress=tell)
        tell("writing files")
        files = result.write(out)
    console = _stdout()
    summary.print_summary(result, console)
    console.print(f"\n{len(files)} files in {out.absolute()}:", soft_wrap=True)
    console.print("  " + "  ".join(file.name for file in files), soft_wrap=True)


def _stdout() -> Console:
    """Give the terminal, or a page of fixed width where the output is piped."""
    return Console(width=None if sys.stdout.isatty() else _PIPED_WIDTH, highlight=False)


def _choose_sources(given: dict[str, list[Path]], addresses: list[Path], *, demo: bool) -> object:
    """Find out what to read; exactly one of the three ways must be taken."""
    from gii_geo.demo import demo_path  # noqa: PLC0415  # --help stays quick

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


def _choose_settings(path: Path | None, options: dict[str, Any]) -> "Settings":
    """Lay the options over the file's settings, or over the edition's."""
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


def _read_pairs(pairs: Sequence[str], name: str, form: str) -> dict[str, str]:
    """Read key=value pairs."""
    read = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not (key and equals and value):
            msg = f"Invalid {name} {pair!r}. Must be {form}."
            raise ValueError(msg)
        read[key] = value
    return read


def _read_weights(pairs: Sequence[str]) -> dict[str, float] | None:
    """Read the weights of the kinds in the score."""
    form = "kind=number, such as deal=0.5"
    weights = {}
    for kind, text in _read_pairs(pairs, "weight", form).items():
        try:
            weights[kind] = float(text)
        except ValueError:
            msg = f"Invalid weight {kind}={text}. Must be {form}."
            raise ValueError(msg) from None
    return weights or None


def _read_years(pairs: Sequence[str]) -> dict[str, tuple[int, int]] | None:
    """Read the first and last year of the kinds."""
    form = "kind=first-last, such as patent=2020-2024"
    spans = {}
    for kind, text in _read_pairs(pairs, "years", form).items():
        first, _, last = text.partition("-")
        if not (first.isdecimal() and (last or first).isdecimal()):
            msg = f"Invalid years {kind}={text}. Must be {form}."
            raise ValueError(msg)
        spans[kind] = (int(first), int(last or first))
    return spans or None


def _spread_values(args: Sequence[str]) -> list[str]:
    """Repeat an option before each of its values: --patents a b is --patents a --patents b."""
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


@contextmanager
def _refusals() -> Iterator[None]:
    """Turn refused input into one sentence and exit code 2."""
    from gii_geo.files import InputError  # noqa: PLC0415  # --help stays quick

    try:
        yield
    except (InputError, ValueError, TypeError, OSError) as error:
        _refuse(error, known=InputError)


def _refuse(error: Exception, *, known: type[Exception]) -> NoReturn:
    """Print the sentence; a fault of our own keeps its traceback."""
    ours = isinstance(error, known | OSError) or str(error).startswith("Invalid ")
    if not ours:
        raise error
    typer.echo(f"gii-geo: {error}", err=True)
    raise typer.Exit(_BAD_INPUT)


@contextmanager
def _progress() -> Iterator[Any]:
    """Show the stage at work on a terminal; print one line a stage elsewhere."""
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield lambda stage: console.print(f"gii-geo: {stage}", soft_wrap=True)
        return
    with console.status("starting") as status:
        yield status.update
