"""What a result says of itself in a few sentences."""

from collections.abc import Sequence
from typing import Any, Protocol

import geopandas as gpd

from gii_geo.regions.density import count_dense
from gii_geo.regions.form import Formed
from gii_geo.regions.tally import Tally
from gii_geo.settings import Settings
from gii_geo.tables import call_kind, describe_kinds, list_kinds
from gii_geo.trust.explain import weigh_kinds


class Described(Protocol):
    """What a description needs of a result, see `result.Result`."""

    @property
    def regions(self) -> gpd.GeoDataFrame:
        """The regions."""

    @property
    def settings(self) -> Settings:
        """The question."""

    @property
    def formed(self) -> Formed:
        """The regions by number."""

    @property
    def activity_share(self) -> float:
        """What part of the activity lies in them."""


def describe_result(result: Described) -> list[str]:
    """Say how many regions there are, the first three, what was asked and of what.

    Parameters
    ----------
    result : Result
        The result.

    Returns
    -------
    list of str
        Four lines.
    """
    regions, settings, tally = result.regions, result.settings, result.formed.tally
    first = [
        f"{rank} {name} ({economies.replace(';', ' ')})"
        for rank, name, economies in regions[["rank", "name", "economies"]]
        .head(3)
        .itertuples(index=False)
    ]
    minimum = (
        f"{settings.min_addresses:,} addresses"
        if settings.min_share is None
        else f"{100 * settings.min_share:g} % of the activity"
    )
    counted = tally.totals["records"].to_dict()
    records = ", ".join(
        f"{counted[kind.word]:,} {kind.plural}"
        for kind in describe_kinds(tally.kinds)
        if counted[kind.word]
    )
    hold = f"{len(regions):,} {'region holds' if len(regions) == 1 else 'regions hold'}"
    return [
        f"{hold} {100 * result.activity_share:.1f} % of the activity",
        f"  first: {', '.join(first) or 'none'}",
        f"  dense: {minimum} within {settings.radius_km:g} km ({settings.method})",
        f"  of: {records or 'no records'} at {len(tally.locations):,} locations",
    ]


def count_dense_addresses(tally: Tally, settings: Any) -> dict[str, int]:  # noqa: ANN401
    """Count how many addresses of one kind alone make a location dense.

    Parameters
    ----------
    tally : Tally
        What counts.
    settings : Settings or Picked
        density_weight, min_addresses and min_share.

    Returns
    -------
    dict of str to int
        Kind to the least number, for the kinds that have any address.
    """
    return count_dense(
        tally.locations,
        density_weight=settings.density_weight,
        min_addresses=settings.min_addresses,
        min_share=settings.min_share,
    )


def describe_dense(result: Described) -> str:
    """Say in addresses of each kind what is dense.

    Parameters
    ----------
    result : Result
        The result.

    Returns
    -------
    str
        A sentence, empty where nothing is placed.

    Examples
    --------
    >>> import gii_geo
    >>> describe_dense(gii_geo.find_regions(gii_geo.demo_path()))
    'Dense is what has 45 inventors, or 60 authors, or 15 funded companies, or any mixture, ...'
    """
    numbers = count_dense_addresses(result.formed.tally, result.settings)
    told = [f"{numbers[kind.word]:,} {kind.addressee}" for kind in describe_kinds(numbers)]
    mixture = ", or any mixture," if len(told) > 1 else ""
    within = f"within {result.settings.radius_km:g} km"
    return f"Dense is what has {', or '.join(told)}{mixture} {within}." if told else ""


def describe_influence(result: Described) -> str:
    """Say how much of the differences in score each kind makes.

    Parameters
    ----------
    result : Result
        The result.

    Returns
    -------
    str
        A sentence, empty where no scores differ.

    Examples
    --------
    >>> import gii_geo
    >>> describe_influence(gii_geo.find_regions(gii_geo.demo_path()))
    'Of the differences in score 48 % come from patents, ... 35 % come from deals.'
    """
    influence = weigh_kinds(result.regions, result.settings.score_weights)
    known = list_kinds(result.regions, known=True)
    told = {call_kind(kind): part for kind, part in influence.items() if kind in known}
    parts = [f"{100 * part:.0f} % come from {kinds}" for kinds, part in told.items()]
    return f"Of the differences in score {', '.join(parts)}." if parts else ""


def describe_run(result: Any, *, radii_km: Sequence[float]) -> dict[str, Any]:  # noqa: ANN401
    """Tell all that run.json holds.

    Parameters
    ----------
    result : Result
        The result.
    radii_km : sequence of float
        Further radii, in km, that its page chooses from.

    Returns
    -------
    dict of str to Any
        Plain values, fit for JSON; roles are those that each kind has a column of.
    """
    provenance = result.provenance
    return {
        "settings": result.list_settings(),
        "accounts": result.accounts.to_dict(),
        "regions": len(result.regions),
        "clusters": len(result.clusters),
        "locations": len(result.formed.tally.locations),
        "activity_in_regions": result.activity_share,
        "influence": weigh_kinds(result.regions, result.settings.score_weights),
        "roles": result.world.provenance.get("roles", {}),
        **provenance,
        "options": {
            **provenance["options"],
            "radii_km": [float(radius_km) for radius_km in radii_km],
        },
    }
