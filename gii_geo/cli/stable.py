"""What stability comes to, for a terminal."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gii_geo.cli.summary import FIRST_REGIONS
from gii_geo.trust.stability import Stability, print_span


def print_stability(stability: Stability, console: Console) -> None:
    """Print how the first ten regions hold, and which choices move ranks.

    Parameters
    ----------
    stability : Stability
        Of a run.
    console : rich.console.Console
        Where to.
    """
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    rows = stability.tabulate().head(FIRST_REGIONS)
    names = ["rank", "region", "found", "middle 90 %", "Jaccard", "merged with", "how often"]
    other = [name for name in rows if name == "redrawn_found_share"]
    for name in names + ["found, other records"] * len(other):
        left = name in ("region", "merged with")
        table.add_column(name, justify="left" if left else "right", overflow="fold")
    for row in rows.to_dict("records"):
        merged = ("", "") if pd.isna(row["merged_name"]) else _print_merger(row)
        cells = [str(row["rank"]), escape(row["name"]), f"{row['found_share']:.0%}"]
        cells += [print_span(row["rank_5"], row["rank_95"]), f"{row['jaccard']:.2f}", *merged]
        table.add_row(*cells, *(f"{row[name]:.0%}" for name in other))
    if len(stability.regions):
        console.print(table)
    if len(stability.choices):
        console.print(_tabulate_choices(stability))
    for sentence in stability.describe():
        console.print(escape(sentence), soft_wrap=True)


def _print_merger(row: Mapping[Any, Any]) -> tuple[str, str]:
    """Print what a region merges with most often, and how often."""
    return escape(row["merged_name"]), f"{row['merged_share']:.0%}"


def _tabulate_choices(stability: Stability) -> Table:
    """Tabulate which choices move the ranks of the first hundred, the most first."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("choice", "drawn from"):
        table.add_column(name, overflow="fold")
    for name in ("mean change of rank", "largest", "part of the variance"):
        table.add_column(name, justify="right")
    for row in stability.choices.to_dict("records"):
        numbers = [
            "" if pd.isna(row[name]) else form.format(row[name])
            for name, form in (
                ("mean_change", "{:.1f}"),
                ("most_change", "{:.0f}"),
                ("explained", "{:.0%}"),
            )
        ]
        table.add_row(row["choice"], escape(row["drawn_from"]), *numbers)
    return table
