"""HDBSCAN over weighted locations."""

import sys

import numpy as np
import pandas as pd
import pytest
from reference import Array, same_partition
from test_dbscan import table

from gii_geo import project
from gii_geo.regions.cluster import cluster_locations, condense_tree, merge_tree
from gii_geo.regions.cluster.hdbscan import CondensedTree

hdbscan = pytest.importorskip("hdbscan")

WORLDS = 200


def draw_towns(seed: int) -> tuple[pd.DataFrame, int]:
    """Draw 20 to 80 locations around two to five towns, and a minimum."""
    rng = np.random.default_rng(seed)
    n, towns = int(rng.integers(20, 80)), rng.uniform(-3, 3, (int(rng.integers(2, 6)), 2))
    lon_lat = towns[rng.integers(len(towns), size=n)] + rng.normal(size=(n, 2)) * 0.15
    minimum = int(rng.integers(3, 12))
    weight = rng.integers(1, 4, n)
    if seed % 2:
        # Some locations are clusters all by themselves, of a density without end.
        weight[rng.random(n) < 0.05] = 2 * minimum - 1
    return table(*lon_lat.T, weight), minimum


def condense(locations: pd.DataFrame, minimum: int) -> CondensedTree:
    return condense_tree(merge_tree(locations, min_weight=minimum))


def has_ties(condensed: CondensedTree) -> bool:
    """Say whether hdbscan's result hangs on the order in which it takes equal radii.

    It does where locations leave a cluster just when that splits, for it guesses their side, and
    where parts that leave together weigh the minimum, for it may make a cluster of them.
    """
    end = np.zeros(len(condensed.parent))
    end[condensed.parent[1:]] = condensed.birth[1:]
    owner, leave, weight = condensed.owner, condensed.leave, condensed.tree.grid.weight
    at_split = leave == end[owner]
    np.maximum.at(end, owner, leave)
    left = pd.DataFrame({"owner": owner, "leave": leave, "weight": weight})[leave < end[owner]]
    together = left.groupby(["owner", "leave"])["weight"].sum()
    return bool(at_split.any() or (together >= condensed.tree.min_weight).any())


def run_reference(locations: pd.DataFrame, minimum: int, epsilon_km: float) -> Array:
    """Run hdbscan on the rows repeated by weight."""
    xyz = project.to_geocentric(locations["lon"], locations["lat"])
    model = hdbscan.HDBSCAN(
        min_cluster_size=minimum,
        min_samples=minimum - 1,
        cluster_selection_epsilon=epsilon_km * 1000,
        algorithm="generic",
        approx_min_span_tree=False,
    )
    labels: Array = model.fit(xyz.repeat(locations["density_weight"], axis=0)).labels_
    return labels


@pytest.mark.filterwarnings("ignore:.*:FutureWarning", "ignore:.*:RuntimeWarning")
@pytest.mark.parametrize("epsilon_km", [0.0, 15.0])
def test_the_partition_equals_hdbscan_on_repeated_rows_where_that_is_defined(
    epsilon_km: float,
) -> None:
    compared = 0
    for seed in range(WORLDS):
        locations, minimum = draw_towns(seed)
        if has_ties(condense(locations, minimum)):
            continue
        ours = cluster_locations(
            locations, radius_km=epsilon_km, min_weight=minimum, method="hdbscan"
        )
        rows = ours.fillna(-1).repeat(locations["density_weight"])
        theirs = run_reference(locations, minimum, epsilon_km)
        assert same_partition(rows, theirs), seed
        assert ((rows < 0) == (theirs < 0)).all(), seed
        compared += rows.nunique() > 2
    assert compared > WORLDS / 3


def test_two_towns_worked_by_hand() -> None:
    # Each pair weighs 6 of 5; the last weighs too little to be anything.
    locations = table([0.0, 0.1, 9.0, 9.5, 20.0], [0] * 5, [3, 3, 4, 4, 1])
    condensed = condense(locations, 5)
    assert condensed.select().tolist() == [1, 1, 0, 0, pd.NA]
    # The world splits at 8.9 degrees, the towns end at 0.1 and 0.5 degrees.
    degree = 111.3
    np.testing.assert_allclose(1 / condensed.birth[1:], [8.9 * degree] * 2, rtol=2e-3)
    ends = sorted(1 / condensed.leave)
    np.testing.assert_allclose(np.array(ends) / degree, [0.1, 0.1, 0.5, 0.5, 10.5], rtol=3e-3)
    excess = [8 * (1 / 0.5 - 1 / 8.9), 6 * (1 / 0.1 - 1 / 8.9)]
    np.testing.assert_allclose(sorted(condensed.stability[1:] * degree), excess, rtol=3e-3)


def condense_by_hand(birth: list[float], leave: list[float]) -> CondensedTree:
    """Make a tree of the world (0), a cluster in it (1), and the two that it splits into (2, 3).

    Of four locations of weight 4 two end in 2 and two in 3. Densities in 1/km.
    """
    tree = merge_tree(table([0, 1, 5, 6], [0] * 4, [4] * 4), min_weight=5)
    order = np.argsort(tree.order)
    owner, left = np.empty(4, np.int64), np.empty(4)
    owner[order], left[order] = [2, 2, 3, 3], leave
    weight = np.array([16, 16, 8, 8])
    return CondensedTree(tree, np.array([-1, 0, 1, 1]), np.array(birth), weight, owner, left)


def test_a_cluster_as_stable_as_its_parts_together_is_chosen() -> None:
    # The cluster lives from 1 to 2 with weight 16: 16. Of its parts one lives from 2 to 2.5 and
    # the other to 3.5, with weight 8: 4 and 12.
    tie = condense_by_hand([0, 1, 2, 2], [2.5, 2.5, 3.5, 3.5])
    assert tie.stability[1:].tolist() == [16, 4, 12]
    assert tie.select().tolist() == [0, 0, 0, 0]
    longer = condense_by_hand([0, 1, 2, 2], [2.5, 2.5, 3.5, 3.75])
    assert longer.stability[1:].tolist() == [16, 4, 13]
    assert longer.select().tolist() == [0, 0, 1, 1]


def test_parts_that_separate_exactly_at_the_radius_are_apart() -> None:
    # They are born at a density of 2: they separate at a radius of 0.5 km.
    parts = condense_by_hand([0, 1, 2, 2], [9, 9, 9, 9])
    assert parts.select(epsilon_km=0.5).tolist() == [0, 0, 1, 1]
    assert parts.select(epsilon_km=0.5001).tolist() == [0, 0, 0, 0]
    # The world itself is never chosen, however wide the radius.
    assert parts.select(epsilon_km=2).tolist() == [0, 0, 0, 0]


def test_parts_that_separate_below_the_radius_stay_together() -> None:
    locations = table([0.0, 0.01, 0.2, 0.21, 5.0, 5.01], [0] * 6, [3] * 6)
    apart = cluster_locations(locations, radius_km=0, min_weight=5, method="hdbscan")
    together = cluster_locations(locations, radius_km=30, min_weight=5, method="hdbscan")
    assert apart.nunique() == 3
    assert together.tolist() == [0, 0, 0, 0, 1, 1]


def test_a_location_that_weighs_the_minimum_is_a_cluster() -> None:
    locations = table([0, 1, 2.5], [0] * 3, [7, 5, 4])
    condensed = condense(locations, 5)
    assert condensed.select().tolist() == [0, 1, pd.NA]
    assert np.isinf(condensed.leave).sum() == 2


def test_copies_of_a_heavy_location_are_one_cluster() -> None:
    locations = table([0, 0, 1, 1], [0] * 4, [7, 7, 5, 0])
    assert condense(locations, 5).select().tolist() == [0, 0, 1, 1]


def test_locations_as_near_to_two_parts_leave_when_these_separate() -> None:
    # The middle has 1 + 2 + 2 within 0.1 degrees: it links the two parts when it becomes core.
    locations = table([-0.11, -0.1, 0.0, 0.1, 0.11], [0] * 5, [4, 2, 1, 2, 4])
    condensed = condense(locations, 5)
    assert has_ties(condensed)
    assert condensed.select().tolist() == [0, 0, pd.NA, 1, 1]


@pytest.mark.parametrize("seed", range(10))
def test_row_order_and_split_weights_change_nothing(seed: int) -> None:
    locations, minimum = draw_towns(1000 + seed)
    clusters = condense(locations, minimum).select()
    shuffled = locations.sample(frac=1, random_state=seed)
    pd.testing.assert_series_equal(condense(shuffled, minimum).select().sort_index(), clusters)
    half = locations["density_weight"] // 2
    parts = [locations.assign(density_weight=w) for w in (half, locations["density_weight"] - half)]
    again = condense(pd.concat(parts), minimum).select()
    pd.testing.assert_series_equal(again.iloc[: len(clusters)], clusters)
    pd.testing.assert_series_equal(again.iloc[len(clusters) :], clusters)


@pytest.mark.parametrize("weight", [[1], [1, 1], [9], [9, 0]])
def test_the_whole_world_is_no_cluster(weight: list[int]) -> None:
    locations = table(np.arange(len(weight)), [0] * len(weight), weight)
    assert condense(locations, 3).select().isna().all()


def test_weight_is_conserved_from_cluster_to_parts() -> None:
    locations, minimum = draw_towns(3)
    condensed = condense(locations, minimum)
    for cluster in range(len(condensed.parent)):
        left = condensed.tree.grid.weight[condensed.owner == cluster].sum()
        split = condensed.weight[condensed.parent == cluster].sum()
        assert left + split == condensed.weight[cluster]
    assert (condensed.parent[1:] < np.arange(1, len(condensed.parent))).all()
    assert (condensed.leave >= condensed.birth[condensed.owner]).all()


@pytest.mark.filterwarnings("ignore:.*:FutureWarning")
def test_hdbscan_can_plot_the_tree() -> None:
    pytest.importorskip("matplotlib").use("Agg")
    locations, minimum = draw_towns(6)
    condensed = condense(locations, minimum)
    plot = condensed.to_hdbscan()
    rows = plot.to_pandas()
    points = rows[rows["child_size"] == 1]
    assert len(points) == locations["density_weight"].sum()
    sizes = rows[rows["child_size"] > 1].sort_values("child")["child_size"]
    assert sizes.tolist() == condensed.weight[1:].tolist()
    axis = plot.plot(select_clusters=True)
    assert axis.get_ylabel() == r"$\lambda$ value"


@pytest.mark.filterwarnings("ignore:.*:FutureWarning")
def test_heavy_weights_are_drawn_in_parts_of_a_twentieth_of_the_minimum() -> None:
    locations, minimum = draw_towns(6)
    plot = condense(locations, minimum).to_hdbscan()
    heavy = locations.assign(density_weight=locations["density_weight"] * 10**9)
    drawn = condense(heavy, minimum * 10**9).to_hdbscan()
    sizes = [tree.to_pandas().query("child_size > 1")["child_size"] for tree in (plot, drawn)]
    np.testing.assert_allclose(sizes[1], sizes[0] * (20 / minimum), atol=1)
    assert np.isfinite(drawn.to_pandas()["lambda_val"]).all()


def test_without_hdbscan_the_plot_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hdbscan.plots", None)
    with pytest.raises(ImportError, match=r"needs hdbscan. Install it with: .*gii-geo\[hdbscan\]"):
        condense(*draw_towns(1)).to_hdbscan()


def test_a_radius_below_zero_is_refused() -> None:
    with pytest.raises(ValueError, match=r"Invalid radius_km -1. Must be 0 or more"):
        cluster_locations(table([0], [0], [1]), radius_km=-1, min_weight=1, method="hdbscan")
