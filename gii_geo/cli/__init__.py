"""The command line: gii-geo read, run, sweep, stability, windows, compare, edition, regenerate."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

import gii_geo
from gii_geo.cli import choose, options, pairs, running
from gii_geo.cli.terminal import open_stdout as _stdout
from gii_geo.cli.terminal import refuse_input as _refusals
from gii_geo.cli.terminal import run_app, say
from gii_geo.cli.terminal import show_progress as _progress
from gii_geo.faults import heed_term

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Geocoded addresses in, ranked cross-border innovation regions out.",
)


def main() -> None:
    """Run the command line."""
    heed_term()
    run_app(app, options.spread_values(sys.argv[1:]))


@app.callback(invoke_without_command=True)
def _root(
    *,
    version: Annotated[bool, typer.Option("--version", help="Show the version and leave.")] = False,
) -> None:
    if version:
        typer.echo(f"gii-geo {gii_geo.__version__}")
        raise typer.Exit


@app.command()
def read(  # noqa: PLR0913  # one argument an option
    *,
    patents: options.Patents = None,
    publications: options.Publications = None,
    deals: options.Deals = None,
    records: options.Records = None,
    addresses: options.AddressFiles = None,
    demo: options.Demo = False,
    sample: options.Sample = False,
    out: options.WorldOut = Path("world"),
    source: options.Source = "columns",
    source_option: options.SourceOption = None,
    geocode: options.Geocode = False,
    allow_contradictions: options.AllowContradictions = False,
    grid_deg: options.GridDeg = None,
    min_confidence: options.MinConfidence = None,
    gazetteer: options.Gazetteer = None,
    corrections: options.Corrections = None,
    cache: options.Cache = None,
    column: options.Column = None,
    engine: options.Engine = "duckdb",
    spark_conf: options.SparkConf = None,
    memory: options.Memory = None,
    threads: options.Threads = None,
    spill: options.Spill = None,
    log: options.Log = "text",
) -> None:
    """Read address files once, into a world that run, sweep and windows are asked of."""
    from gii_geo.paths import check_folder  # noqa: PLC0415  # --help stays quick
    from gii_geo.records.intake import read_world  # noqa: PLC0415
    from gii_geo.world import spare_good  # noqa: PLC0415

    known = {"patents": patents, "publications": publications, "deals": deals}
    with _refusals(log), _progress(log) as tell:
        given = choose.gather_files(records, **known)
        sources = choose.choose_sources(given, addresses, demo=demo, sample=sample)
        check_folder(out)
        how = choose.choose_geocode(geocode, min_confidence, gazetteer, corrections)
        reading = choose.choose_reading(
            source, source_option, how, cache, column, allow_contradictions
        )
        used = choose.choose_duckdb(memory, threads, spill)
        conf = pairs.read_once(
            spark_conf, "spark-conf", "name=value, such as spark.executor.memory=8g"
        )
        reading |= {"grid_deg": grid_deg, "engine": engine, "spark": conf, "duckdb": used}
        world = read_world(sources, **reading, progress=tell)
        spare_good(out, world)
        tell("writing the world")
        files = world.write(out)
    say(*(f"Note: {note}" for note in world.provenance["notes"]), repr(world))
    say(*(f"    {rows:,}: {reason}" for reason, rows in world.count_rejected().items()))
    size = sum(file.stat().st_size for file in files) / 1e6
    say(f"\n{len(files)} files, {size:.1f} MB, in {out.absolute()}")


@app.command()
def run(  # noqa: PLR0913  # one argument an option
    world: options.World = None,
    *,
    patents: options.Patents = None,
    publications: options.Publications = None,
    deals: options.Deals = None,
    records: options.Records = None,
    addresses: options.AddressFiles = None,
    demo: options.Demo = False,
    sample: options.Sample = False,
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
    confidence: options.Confidence = None,
    no_rank_sets: options.NoRankSets = False,
    set_: options.Set = None,
    source: options.Source = "columns",
    source_option: options.SourceOption = None,
    geocode: options.Geocode = False,
    allow_contradictions: options.AllowContradictions = False,
    grid_deg: options.GridDeg = None,
    min_confidence: options.MinConfidence = None,
    gazetteer: options.Gazetteer = None,
    corrections: options.Corrections = None,
    cache: options.Cache = None,
    previous: options.Previous = None,
    population: options.Population = None,
    radii: options.Radii = None,
    column: options.Column = None,
    repeat: options.Repeat = None,
    memory: options.Memory = None,
    threads: options.Threads = None,
    spill: options.Spill = None,
    log: options.Log = "text",
) -> None:
    """Take address files, or a world that was read, to ranked cross-border regions."""
    known = {"patents": patents, "publications": publications, "deals": deals}
    asked: dict[str, Any] = {
        "edition": edition,
        "radius_km": radius_km,
        "min_addresses": min_addresses,
        "min_share": min_share,
        "gap_km": gap_km,
        "method": method,
        "counting": counting,
        "min_link_share": min_link_share,
        "max_link_km": max_link_km,
        "share_of": share_of,
        "confidence": confidence,
        "rank_sets": False if no_rank_sets else None,
    }
    with _refusals(log):
        asked |= {
            "score_weights": pairs.read_weights(weight),
            "years": pairs.read_years(years),
        }
        used = choose.choose_duckdb(memory, threads, spill)
        if repeat is not None:
            choose.check_repeat(sys.argv[1:])
            running.repeat(repeat, out, used, log=log)
            return
        sources = choose.choose_sources(
            choose.gather_files(records, **known), addresses, demo=demo, sample=sample, world=world
        )
        chosen = choose.choose_settings(settings, asked, set_, sample=sample)
        how = choose.choose_geocode(geocode, min_confidence, gazetteer, corrections)
        context = {
            **choose.choose_reading(
                source, source_option, how, cache, column, allow_contradictions
            ),
            "grid_deg": grid_deg,
            "previous": previous,
            "population": population,
            "duckdb": used,
        }
        running.run(sources, chosen, context, out, radii_km=radii or [], log=log)


@app.command()
def sweep(  # noqa: PLR0913  # one argument an option
    world: options.World = None,
    *,
    vary: options.Vary,
    same: options.Same = "minimum",
    patents: options.Patents = None,
    publications: options.Publications = None,
    deals: options.Deals = None,
    records: options.Records = None,
    addresses: options.AddressFiles = None,
    demo: options.Demo = False,
    sample: options.Sample = False,
    settings: options.SettingsFile = None,
    set_: options.Set = None,
    column: options.Column = None,
    out: options.Table = Path("sweep.csv"),
    memory: options.Memory = None,
    threads: options.Threads = None,
    spill: options.Spill = None,
    log: options.Log = "text",
) -> None:
    """Rank the regions under every combination of some settings, followed to one run."""
    from gii_geo import export  # noqa: PLC0415  # --help stays quick
    from gii_geo.cli import summary  # noqa: PLC0415
    from gii_geo.combine import plan_combinations, sweep_settings  # noqa: PLC0415
    from gii_geo.pipeline import find_regions  # noqa: PLC0415
    from gii_geo.walk import trace_inputs  # noqa: PLC0415

    known = {"patents": patents, "publications": publications, "deals": deals}
    with _refusals(log, warn=True), _progress(log) as tell:
        sources = choose.choose_sources(
            choose.gather_files(records, **known), addresses, demo=demo, sample=sample, world=world
        )
        chosen = choose.choose_settings(settings, {}, set_, sample=sample)
        choices = pairs.read_vary(vary, chosen)
        plan_combinations(chosen, choices, same=same)  # refused before anything is read
        export.check_table(out)
        result = find_regions(
            *(sources, chosen),
            columns=pairs.read_roles(column),
            duckdb=choose.choose_duckdb(memory, threads, spill),
            progress=tell,
        )
        table = sweep_settings(result, same=same, progress=tell, **choices)  # type: ignore[arg-type]
        export.write_csv(table, out, inputs=trace_inputs(result.provenance))
    summary.print_sweep(table, result, _stdout())
    say(f"All {len(table):,} rows in {out.absolute()}")


@app.command()
def stability(  # noqa: PLR0913  # one argument an option
    world: options.World = None,
    *,
    draws: options.Draws = 200,
    seed: options.Seed = 1,
    range_: options.Range = None,
    position_km: options.PositionKm = 3.0,
    redraw_records: options.RedrawRecords = False,
    patents: options.Patents = None,
    publications: options.Publications = None,
    deals: options.Deals = None,
    records: options.Records = None,
    addresses: options.AddressFiles = None,
    demo: options.Demo = False,
    sample: options.Sample = False,
    settings: options.SettingsFile = None,
    set_: options.Set = None,
    column: options.Column = None,
    out: options.Table = Path("stability.csv"),
    memory: options.Memory = None,
    threads: options.Threads = None,
    spill: options.Spill = None,
    log: options.Log = "text",
) -> None:
    """Tell which regions and ranks hold, whichever way fair choices of the method are made."""
    from gii_geo import export  # noqa: PLC0415  # --help stays quick
    from gii_geo.cli.stable import print_stability  # noqa: PLC0415
    from gii_geo.pipeline import find_regions  # noqa: PLC0415
    from gii_geo.trust.draw import MOST_DRAWS, check_whole, plan_draws  # noqa: PLC0415
    from gii_geo.walk import trace_inputs  # noqa: PLC0415

    known = {"patents": patents, "publications": publications, "deals": deals}
    with _refusals(log, warn=True), _progress(log) as tell:
        export.check_table(out)
        check_whole("draws", draws, least=1, most=MOST_DRAWS)
        asked: dict[str, Any] = {
            "choices": pairs.read_ranges(range_),
            "position_km": position_km,
            "seed": seed,
        }
        sources = choose.choose_sources(
            choose.gather_files(records, **known), addresses, demo=demo, sample=sample, world=world
        )
        chosen = choose.choose_settings(settings, {}, set_, sample=sample)
        plan_draws(chosen, (), **asked)  # refused before anything is read
        result = find_regions(
            *(sources, chosen),
            columns=pairs.read_roles(column),
            duckdb=choose.choose_duckdb(memory, threads, spill),
            progress=tell,
        )
        found = result.stability(draws=draws, redraw_records=redraw_records, progress=tell, **asked)
        export.write_csv(found.tabulate(), out, inputs=trace_inputs(result.provenance))
    print_stability(found, _stdout())
    say(f"All {len(found.regions):,} rows in {out.absolute()}")


@app.command()
def windows(  # noqa: PLR0913  # one argument an option
    world: options.World = None,
    *,
    windows: options.Windows,
    kinds: options.WindowKinds = "common",
    patents: options.Patents = None,
    publications: options.Publications = None,
    deals: options.Deals = None,
    records: options.Records = None,
    addresses: options.AddressFiles = None,
    demo: options.Demo = False,
    sample: options.Sample = False,
    settings: options.SettingsFile = None,
    set_: options.Set = None,
    column: options.Column = None,
    out: options.Table = Path("ranks_over_time.csv"),
    memory: options.Memory = None,
    threads: options.Threads = None,
    spill: options.Spill = None,
    log: options.Log = "text",
) -> None:
    """Rank the regions in several windows of years and follow them over time."""
    from gii_geo import export  # noqa: PLC0415  # --help stays quick
    from gii_geo.cli import summary  # noqa: PLC0415  # --help stays quick
    from gii_geo.records.intake import read_world  # noqa: PLC0415
    from gii_geo.walk import trace_inputs  # noqa: PLC0415
    from gii_geo.windows import rank_windows  # noqa: PLC0415

    known = {"patents": patents, "publications": publications, "deals": deals}
    with _refusals(log, warn=True), _progress(log) as tell:
        export.check_table(out)
        spans = pairs.read_windows(windows)
        sources = choose.choose_sources(
            choose.gather_files(records, **known), addresses, demo=demo, sample=sample, world=world
        )
        chosen = choose.choose_settings(settings, {}, set_, sample=sample)
        used = choose.choose_duckdb(memory, threads, spill)
        read = read_world(sources, columns=pairs.read_roles(column), duckdb=used, progress=tell)
        ranks = rank_windows(
            read,
            spans,
            chosen,
            kinds=kinds,  # type: ignore[arg-type]  # checked there
            progress=tell,
        )
        export.write_csv(ranks, out, inputs=trace_inputs(read.provenance))
    summary.print_windows(ranks, [f"{first}-{last}" for first, last in spans], _stdout())
    say(f"All {len(ranks):,} rows in {out.absolute()}")


@app.command()
def compare(  # noqa: PLR0913  # one argument an option
    folder: Annotated[Path, typer.Argument(help="Folder that gii-geo run wrote.")],
    *,
    published: options.Published = None,
    earlier: options.Earlier = None,
    chart: options.Chart = None,
    polygons: options.PolygonFile = None,
    polygon_name: options.PolygonName = None,
    layer: options.PolygonLayer = None,
    out: options.PolygonsOut = None,
) -> None:
    """Hold a run against a published ranking, an earlier run, or polygons of your own."""
    from gii_geo.cli import overlay, summary  # noqa: PLC0415  # --help stays quick
    from gii_geo.cli.beside import hold_beside  # noqa: PLC0415
    from gii_geo.extras import check_extra  # noqa: PLC0415

    with _refusals(only_told=out is None and chart is None):
        told = {"--polygon-name": polygon_name, "--layer": layer, "--out": out}
        choose.check_beside(polygons, told, published, earlier, chart)
        if polygons is not None:
            beside = overlay.hold_beside_run(folder, polygons, name=polygon_name, layer=layer)
            overlay.print_polygons(beside, _stdout())
            for path in overlay.write_polygons(beside, out, inputs=[polygons]) if out else ():
                say(f"{path.absolute()}")
            return
        if chart is not None:
            check_extra("plot")
            summary.check_chart(chart)
        comparison, economies, reference = hold_beside(folder, published, earlier)
        summary.print_comparison(comparison, economies, reference, _stdout())
        if chart is not None:
            summary.draw_comparison(comparison, reference, chart)
            say(f"Chart in {chart.absolute()}")


@app.command()
def edition(
    year: Annotated[int, typer.Argument(help="2017 to 2025.")],
) -> None:
    """Show the settings of a WIPO edition, and how well each is known."""
    from gii_geo.cli import summary  # noqa: PLC0415  # --help stays quick
    from gii_geo.editions import describe_edition  # noqa: PLC0415

    with _refusals(only_told=True):
        summary.print_edition(year, describe_edition(year), _stdout())


app.command(**running.PASSED_ON)(running.regenerate)
