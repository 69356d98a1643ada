"""What a run says at its end: the first regions, and where every row and record went."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pandas as pd
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gii_geo.about import describe_dense, describe_influence
from gii_geo.compare import Comparison
from gii_geo.owned import check_plain, refuse_foreign
from gii_geo.paths import check_file
from gii_geo.pick import print_setting
from gii_geo.published import PUBLISHED_CREDIT
from gii_geo.result import Result
from gii_geo.swap import replacing
from gii_geo.tables import (
    FIRST_HUNDRED,
    RECORD_UNITS,
    InputError,
    call_kind,
    describe_kinds,
    list_kinds,
)
from gii_geo.trust.sure import note_unsure, print_rank

FIRST_REGIONS: Final = 10


def print_summary(result: Result, console: Console) -> None:
    """Print the first ten regions and the accounts.

    Parameters
    ----------
    result : Result
        The run.
    console : rich.console.Console
        Where to.
    """
    for warning in result.provenance["warnings"]:
        console.print(f"Warning: {escape(warning)}", soft_wrap=True)
    unsure = note_unsure(result.world, result.formed, result.settings)  # told below the ranks
    for note in result.provenance["notes"]:
        if note not in (*result.provenance["warnings"], *unsure):
            console.print(f"Note: {escape(note)}", soft_wrap=True)
    if len(result.regions):
        console.print(_tabulate_regions(result))
        for sentence in (*_describe_sets(result), *unsure):
            console.print(sentence, soft_wrap=True)
    console.print(_describe_regions(result), soft_wrap=True)
    if dense := describe_dense(result):
        console.print(dense, soft_wrap=True)
    if influence := describe_influence(result):
        console.print(influence, soft_wrap=True)
    console.print(_tabulate_rows(result))
    if len(result.accounts.reasons):
        console.print(_tabulate_reasons(result))
    console.print(_tabulate_records(result))
    exact = "exact to the last unit" if result.accounts.is_exact() else "NOT BALANCED"
    console.print(f"The accounts are {exact} (1 record = {RECORD_UNITS:,} units).")


def print_sweep(table: pd.DataFrame, result: Result, console: Console) -> None:
    """Print how the first ten regions of a run rank in each combination of a sweep.

    Parameters
    ----------
    table : pandas.DataFrame
        From `combine.sweep_settings`.
    result : Result
        The run that the others are followed to.
    console : rich.console.Console
        Where to.
    """
    first = result.regions.head(FIRST_REGIONS)
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    front = list(table.columns[1 : table.columns.get_loc("same")])
    for name in (*front, "regions", *first["region_id"]):
        shown.add_column(escape(name), justify="right", overflow="fold", no_wrap=name in front)
    for _, part in table.groupby("combination"):
        ranks = part[part["event"] == "kept"].set_index("region_id")["rank"]
        cells = [escape(str(part[name].iloc[0])) for name in front]
        found = [str(ranks.get(region_id, "–")) for region_id in first["region_id"]]
        shown.add_row(*cells, f"{len(part):,}", *found)
    console.print(shown)
    for region_id, name in zip(first["region_id"], first["name"], strict=True):
        console.print(f"{region_id} {escape(name)}", soft_wrap=True)
    same = table["same"].iloc[0] if len(table) else "minimum"
    console.print(f"At another radius the {same} stays the same; ranks as in each combination.")


def print_edition(year: int, known: pd.DataFrame, console: Console) -> None:
    """Print what is known of an edition.

    Parameters
    ----------
    year : int
        The edition.
    known : pandas.DataFrame
        From `editions.describe_edition`: setting, value, standing and source.
    console : rich.console.Console
        Where to.
    """
    console.print(f"Settings of the {year} edition of WIPO's cluster ranking")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("setting", "value", "standing", "source"):
        table.add_column(name, overflow="fold")
    for setting, value, standing, source in known.itertuples(index=False, name=None):
        table.add_row(setting, escape(print_setting(value)), standing, source)
    console.print(table)


def print_comparison(
    comparison: Comparison, economies: pd.DataFrame, reference: str, console: Console
) -> None:
    """Print two rankings side by side, what is missing and why, and the economies.

    Parameters
    ----------
    comparison : Comparison
        The two rankings.
    economies : pandas.DataFrame
        From `compare.compare_economies`.
    reference : str
        What the other ranking is called.
    console : rich.console.Console
        Where to.
    """
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    found = comparison.matches[comparison.matches["reason"].isna()]
    kinds = comparison.kinds
    names = [reference, "region", "here", "region here", "rank", *map(call_kind, kinds)]
    for name in names:
        left = "region" in name
        table.add_column(name, justify="left" if left else "right", overflow="fold")
    for row in found.to_dict("records"):
        cells = [str(row["reference_rank"]), escape(row["reference_name"])]
        cells += [print_rank(row), escape(row["name"]), _print_change(row["rank_difference"], 0)]
        points = [100 * row[f"{kind}_share_difference"] for kind in kinds]
        table.add_row(*cells, *[_print_change(change, 2) for change in points])
    sentences = comparison.describe()
    if comparison.notice:
        console.print(escape(sentences.pop(0)), soft_wrap=True)
    console.print(
        f"Held against {reference} (differences: ours less theirs, shares in percentage points)"
    )
    console.print(table)
    for sentence in sentences:
        console.print(escape(sentence), soft_wrap=True)
    known = economies[economies["reference"].notna()]
    if len(known):
        pairs = [f"{code} {ours} ({theirs})" for code, theirs, ours, _ in known.itertuples()]
        console.print(f"Regions per economy in the first 100, here ({reference}): ", end="")
        console.print(", ".join(pairs), soft_wrap=True)


def check_chart(path: Path) -> None:
    """Refuse a picture that could not be drawn.

    Parameters
    ----------
    path : pathlib.Path
        The picture.

    Raises
    ------
    InputError
        If its ending is no format, or it cannot be written.
    """
    from matplotlib.backend_bases import FigureCanvasBase  # noqa: PLC0415  # figures are an extra

    known = FigureCanvasBase.get_supported_filetypes()
    if path.suffix[1:].lower() not in known:
        msg = f"Invalid chart {path}. Must end in {', '.join(f'.{ending}' for ending in known)}."
        raise InputError(msg)
    check_file(path)
    _check_picture(path)


def draw_comparison(comparison: Comparison, reference: str, path: Path) -> None:
    """Draw a line for each region from its rank there to its rank here.

    Parameters
    ----------
    comparison : Comparison
        The two rankings.
    reference : str
        What the other ranking is called.
    path : pathlib.Path
        The picture; its ending tells the format.
    """
    from gii_geo.plot import plot_slopes  # noqa: PLC0415  # figures are an extra

    figure = plot_slopes(
        comparison.matches,
        title=f"Ranks here and in {reference}",
        reference=reference,
        source=PUBLISHED_CREDIT,
    )
    check_file(path)
    _check_picture(path)
    with replacing(path) as beside:
        figure.savefig(beside, dpi=150)


def _check_picture(path: Path) -> None:
    """Refuse to replace what is no picture drawn by the library that we draw with."""
    check_plain(path)
    if path.exists() and path.stat().st_size and b"matplotlib" not in path.read_bytes().lower():
        raise refuse_foreign(path, "a chart that gii-geo drew")


def print_windows(ranks: pd.DataFrame, asked: Sequence[str], console: Console) -> None:
    """Print the ranks of the first regions in each window of years.

    Parameters
    ----------
    ranks : pandas.DataFrame
        From `windows.rank_windows`.
    asked : sequence of str
        The windows, such as "2018-2020".
    console : rich.console.Console
        Where to.
    """
    windows = list(dict.fromkeys(ranks["window"]))
    if not windows:
        console.print("No region in any window.")
        return
    for window in asked:
        if window not in windows:
            console.print(f"{window} has no region.", soft_wrap=True)
    _print_kinds(ranks, console)
    table = Table("region", box=box.SIMPLE_HEAD, pad_edge=False)
    for window in windows:
        table.add_column(window, justify="right")
    names = ranks.drop_duplicates("region_id").set_index("region_id")["name"]
    wide = ranks.pivot_table(index="region_id", columns="window", values="rank", aggfunc="min")
    wide = wide.assign(best=wide.min(axis=1)).sort_values([windows[-1], "best"], kind="stable")
    first = wide.head(FIRST_REGIONS)[windows]
    for region_id, *row in first.itertuples(name=None):
        cells = ["" if pd.isna(rank) else f"{rank:.0f}" for rank in row]
        table.add_row(escape(names[region_id]), *cells)
    console.print(table)
    _print_died(ranks, windows, console)


def _print_kinds(ranks: pd.DataFrame, console: Console) -> None:
    """Say which windows lack a kind, and what all rank on."""
    told = ranks.drop_duplicates("window").set_index("window")[["kinds", "without"]]
    lacking = told["without"][told["without"] != ""]
    for window, without in lacking.items():
        words = " or ".join(call_kind(kind) for kind in without.split(";"))
        console.print(f"{window} has no {words}.", soft_wrap=True)
    if len(lacking) and len(set(told["kinds"])) == 1:
        words = " and ".join(call_kind(kind) for kind in told["kinds"].iloc[0].split(";"))
        console.print(f"Every window ranks on {words}, which all have.", soft_wrap=True)
    elif len(lacking):
        console.print("Each window ranks on the kinds it has: ranks do not compare across them.")


def _print_died(ranks: pd.DataFrame, windows: list[str], console: Console) -> None:
    """Name the regions that the last window does not have, the best of them first."""
    last = set(ranks.loc[ranks["window"] == windows[-1], "region_id"])
    died = ranks[~ranks["region_id"].isin(last)].sort_values(["rank", "region_id"])
    died = died.drop_duplicates("region_id")
    if len(died):
        best = [f"{name} ({rank})" for name, rank in zip(died["name"], died["rank"], strict=True)]
        more = f" and {len(best) - 5} more" if len(best) > 5 else ""  # noqa: PLR2004
        told = f"Not in {windows[-1]}, with their best rank: {', '.join(best[:5])}{more}."
        console.print(escape(told), soft_wrap=True)


def _print_change(change: float, decimals: int) -> str:
    """Print a change with its sign; none is 0, a missing one nothing."""
    if pd.isna(change):
        return ""
    rounded = round(change, decimals)
    return f"{rounded:+.{decimals}f}" if rounded else "0"


def _describe_regions(result: Result) -> str:
    """Say how many regions there are and what they hold, or that there are none."""
    radius = f"{result.settings.radius_km:g} km"
    minimum = _describe_minimum(result)
    if not len(result.location_table):
        asked = " and ".join(name for name in ("kinds", "years") if getattr(result.settings, name))
        if asked and result.accounts.kinds["rows_left_out"].any():
            return f"No region: none of the rows that could be placed counts for the {asked} asked."
        return "No region: none of the rows could be placed."
    if not len(result.regions):
        return f"No region: no location has {minimum} within {radius}."
    return (
        f"{len(result.regions):,} regions ({len(result.clusters):,} clusters, {minimum} within "
        f"{radius}) hold {result.activity_share:.1%} of the activity."
    )


def _describe_minimum(result: Result) -> str:
    """Say what makes a location dense."""
    settings = result.settings
    if settings.min_addresses is not None:
        return f"at least {settings.min_addresses:,} addresses"
    return f"at least {100 * (settings.min_share or 0):.10g} % of the activity"


def _tabulate_regions(result: Result) -> Table:
    """Tabulate the first regions."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("rank", no_wrap=True)
    for name in ("region", "economies"):
        table.add_column(name, overflow="fold")
    kinds = describe_kinds(list_kinds(result.regions, known=True))
    for name in (*(call_kind(kind.word) for kind in kinds), "score", "km2"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in result.regions.head(FIRST_REGIONS).to_dict("records"):
        counts = [f"{row[kind.plural]:,.0f}" for kind in kinds]
        names = [print_rank(row), escape(row["name"]), row["economies"].replace(";", " ")]
        table.add_row(*names, *counts, f"{row['score']:.4f}", f"{row['area_km2']:,.0f}")
    return table


def _describe_sets(result: Result) -> list[str]:
    """Say what stands in brackets, and how sure the first hundred are; nothing without sets."""
    regions = result.regions
    if "top_100" not in regions or regions["top_100"].isna().all():
        return []
    sure = f"{100 * result.settings.confidence:.4g} %"
    told = f"In brackets the ranks that other records could give, with {sure} confidence"
    known = regions["top_100"].value_counts()
    if len(regions) > FIRST_HUNDRED:
        surely, maybe = known.get("surely", 0), known.get("maybe", 0)
        told += f"; {surely} are surely among the first {FIRST_HUNDRED}, {maybe} more may be"
    return [f"{told}."]


def _tabulate_rows(result: Result) -> Table:
    """Tabulate where the rows went."""
    table = Table("rows of", box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("read", "= located", "+ rejected", "+ left out by the settings"):
        table.add_column(name, justify="right")
    for kind, row in result.accounts.kinds.iterrows():
        parts = ("rows", "rows_located", "rows_rejected", "rows_left_out")
        table.add_row(call_kind(str(kind)), *[f"{row[part]:,}" for part in parts])
    return table


def _tabulate_reasons(result: Result) -> Table:
    """Tabulate why rows were rejected."""
    kinds = result.accounts.kinds.index
    table = Table("rejected rows", box=box.SIMPLE_HEAD, pad_edge=False)
    for kind in kinds:
        table.add_column(call_kind(str(kind)), justify="right")
    rows = result.accounts.reasons.pivot_table(
        index="reason", columns="kind", values="rows", aggfunc="sum", fill_value=0
    ).reindex(columns=kinds, fill_value=0)
    for reason, row in rows.iterrows():
        table.add_row(str(reason), *[f"{int(row[kind]):,}" for kind in kinds])
    return table


def _tabulate_records(result: Result) -> Table:
    """Tabulate where the records went."""
    table = Table("records of", box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("counted", "= in regions", "+ outside", "+ unlocated", "+ undivided"):
        table.add_column(name, justify="right")
    for kind, row in result.accounts.kinds.iterrows():
        parts = ("in_regions", "outside_regions", "unlocated")
        records = [f"{row[f'units_{part}'] / RECORD_UNITS:,.4f}" for part in parts]
        undivided = f"{row['units_undivided']:,} units"
        table.add_row(call_kind(str(kind)), f"{row['records']:,}", *records, undivided)
    return table
