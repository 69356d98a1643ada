"""The command line: gii-geo run, windows, compare, edition."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console

import gii_geo
from gii_geo.cli import options, pairs

if TYPE_CHECKING:
    import pandas as pd

    from gii_geo.compare import Comparison
    from gii_geo.settings import Settings

LAST_COMPLETE_EDITION = "2023"
"""The edition of which most is published where we could read it."""

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
    app(args=options.spread_values(sys.argv[1:]), prog_name="gii-geo")


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
    patents: options.Patents = None,
    publications: options.Publications = None,
    deals: options.Deals = None,
    records: options.Records = None,
    addresses: options.Addresses = None,
    demo: options.Demo = False,
    out: options.Out = Path("out"),
    settings: options.SettingsFile = None,
    edition: options.Edition = None,
    radius_km: options.RadiusKm = None,
    min_addresses: options.MinAddresses = None,
    min_share: options.MinShare = None,
    gap_km: options.GapKm = None,
    method: options.Method = None,
    min_link_share: options.MinLinkShare = None,
    max_link_km: options.MaxLinkKm = None,
    counting: options.Counting = None,
    share_of: options.ShareOf = None,
    weight: options.Weight = None,
    years: options.Years = None,
    set_: options.Set = None,
    source: options.Source = "columns",
    geocode: options.Geocode = False,
    cache: options.Cache = None,
    previous: options.Previous = None,
    population: options.Population = None,
    radii: options.Radii = None,
    column: options.Column = None,
) -> None:
    """Take address files to ranked cross-border regions."""
    known = {"patents": patents, "publications": publications, "deals": deals}
    with _refusals():
        files = options.gather_files(records, **known)
        sources = options.choose_sources(files, addresses, demo=demo)
        chosen = options.choose_settings(
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
                "score_weights": pairs.read_weights(weight),
                "years": pairs.read_years(years),
            },
            set_,
        )
        columns = pairs.read_columns(column)
        context = {
            "columns": columns,
            "source": source,
            "geocode": geocode,
            "cache": cache,
            "previous": previous,
            "population": population,
        }
        _run(sources, chosen, context, out, radii_km=radii or [])


@app.command()
def windows(  # noqa: PLR0913  # one argument an option
    *,
    windows: options.Windows,
    patents: options.Patents = None,
    publications: options.Publications = None,
    deals: options.Deals = None,
    records: options.Records = None,
    addresses: options.Addresses = None,
    demo: options.Demo = False,
    settings: options.SettingsFile = None,
    set_: options.Set = None,
    column: options.Column = None,
    out: options.Table = Path("ranks_over_time.csv"),
) -> None:
    """Rank the regions in several windows of years and follow them over time."""
    from gii_geo import export  # noqa: PLC0415  # --help stays quick
    from gii_geo.cli import summary  # noqa: PLC0415  # --help stays quick
    from gii_geo.windows import rank_windows  # noqa: PLC0415

    known = {"patents": patents, "publications": publications, "deals": deals}
    with _refusals(), _progress() as tell:
        files = options.gather_files(records, **known)
        ranks = rank_windows(
            options.choose_sources(files, addresses, demo=demo),
            pairs.read_windows(windows),
            options.choose_settings(settings, {}, set_),
            columns=pairs.read_columns(column),
            progress=tell,
        )
        export.write_csv(ranks, out)
    summary.print_windows(ranks, _stdout())
    _stdout().print(f"All {len(ranks):,} rows in {out.absolute()}", soft_wrap=True)


@app.command()
def compare(
    folder: Annotated[Path, typer.Argument(help="Folder that gii-geo run wrote.")],
    *,
    published: options.Published = None,
    earlier: options.Earlier = None,
    chart: options.Chart = None,
) -> None:
    """Hold a run against a published ranking or an earlier run."""
    from gii_geo.cli import summary  # noqa: PLC0415  # --help stays quick

    with _refusals():
        comparison, economies, reference = _compare(folder, published, earlier)
        summary.print_comparison(comparison, economies, reference, _stdout())
        if chart is not None:
            summary.draw_comparison(comparison, reference, chart)
            _stdout().print(f"Chart in {chart.absolute()}", soft_wrap=True)


@app.command()
def edition(
    year: Annotated[int, typer.Argument(help="2017 to 2025.")],
) -> None:
    """Show the settings of a WIPO edition, and how well each is known."""
    from gii_geo.cli import summary  # noqa: PLC0415  # --help stays quick
    from gii_geo.editions import describe_edition  # noqa: PLC0415

    with _refusals():
        summary.print_edition(year, describe_edition(year), _stdout())


def _run(
    sources: object,
    settings: "Settings",
    context: dict[str, Any],
    out: Path,
    *,
    radii_km: list[float],
) -> None:
    """Run the method, write the files and print the summary."""
    from gii_geo import export, pipeline  # noqa: PLC0415  # --help stays quick
    from gii_geo.cli import summary  # noqa: PLC0415
    from gii_geo.sweep import check_radii  # noqa: PLC0415

    export.check_folder(out)
    check_radii(radii_km, settings=settings)
    with _progress() as tell:
        result = pipeline.find_regions(sources, settings, **context, progress=tell)
        tell("writing files")
        files = result.write(out, radii_km=radii_km)
    console = _stdout()
    summary.print_summary(result, console)
    console.print(f"\n{len(files)} files in {out.absolute()}:", soft_wrap=True)
    console.print("  " + "  ".join(file.name for file in files), soft_wrap=True)


def _compare(
    folder: Path, published: str | None, earlier: Path | None
) -> "tuple[Comparison, pd.DataFrame, str]":
    """Read both sides and compare them; the last of the three names the reference."""
    from gii_geo import compare as steps  # noqa: PLC0415  # --help stays quick
    from gii_geo import published as tables  # noqa: PLC0415
    from gii_geo.result import read_run  # noqa: PLC0415

    if published is not None and earlier is not None:
        msg = "Invalid --published beside --with. Must give one of the two."
        raise ValueError(msg)
    regions, locations, run = read_run(folder)
    counts = steps.count_economies(regions)
    if earlier is not None:
        before = read_run(earlier)[0]
        economies = steps.compare_economies(counts, steps.count_economies(before))
        return steps.compare_runs(regions, locations, before), economies, str(earlier)
    source = published or LAST_COMPLETE_EDITION
    comparison = steps.compare_regions(
        regions,
        locations,
        tables.read_published(source),
        radius_km=run["settings"]["radius_km"],
        score_weights=run["settings"]["score_weights"],
    )
    known = tables.read_published_economies(int(source)) if source.isdecimal() else counts.iloc[:0]
    name = f"WIPO {source}" if source.isdecimal() else source
    return comparison, steps.compare_economies(counts, known), name


def _stdout() -> Console:
    """Give the terminal, or a page of fixed width where the output is piped."""
    return Console(width=None if sys.stdout.isatty() else _PIPED_WIDTH, highlight=False)


@contextmanager
def _refusals() -> Iterator[None]:
    """Turn refused input into one sentence and exit code 2."""
    from gii_geo.tables import InputError  # noqa: PLC0415  # --help stays quick

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
