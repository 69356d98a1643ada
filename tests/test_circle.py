"""What lies exactly on the circle belongs to it: kernels on triangles of 3, 4 and 5 metres."""

import numpy as np
import pytest
from reference import Array
from scipy.spatial import cKDTree

from gii_geo.regions.cluster.border import reach_border
from gii_geo.regions.cluster.count import mark_core
from gii_geo.regions.cluster.grid import LEAF_SIZE, RIGHT, Grid, build_grid
from gii_geo.regions.cluster.join import bound_core, join_core
from gii_geo.regions.cluster.reach import core_chords
from gii_geo.regions.cluster.span import span_tree

RADIUS2 = 25.0
BELOW2 = float(np.nextafter(25.0, 0.0))
HERE, THERE = (0.0, 0.0, 0.0), (3.0, 4.0, 0.0)


def heap(corner: tuple[float, float, float], away: tuple[float, float, float]) -> Array:
    """Fill a leaf: one location on its corner, the others within a metre beyond."""
    steps = np.linspace(0.0, 1.0, LEAF_SIZE)[:, None]
    return np.array(corner) + steps * np.array(away)


def build(*parts: Array, weight: list[int] | None = None) -> tuple[Grid, Array]:
    """Build a grid in which every part is a cell of its own; give where its rows came from."""
    xyz = np.concatenate([np.reshape(part, (-1, 3)) for part in parts])
    weights = np.ones(len(xyz), np.int64) if weight is None else np.array(weight, np.int64)
    grid, order = build_grid(xyz, weights)
    leaves = grid.cells[grid.cells[:, RIGHT] == 0]
    assert len(leaves) == len(parts)
    return grid, np.asarray(order)


def unsort(values: Array, order: Array) -> list[float]:
    """Bring values of the grid back to the order of the rows."""
    rows = np.empty_like(values)
    rows[order] = values
    return list(rows.tolist())


def test_a_cell_that_begins_on_the_circle_counts_its_corner() -> None:
    # The one here reaches the corner of the heap alone, and only from 5 metres on: it weighs 2.
    grid, order = build(np.array(HERE), heap(THERE, (1.0, 1.0, 0.0)))
    assert unsort(mark_core(grid, RADIUS2, 2), order)[0]
    assert not unsort(mark_core(grid, RADIUS2, 3), order)[0]
    assert not unsort(mark_core(grid, BELOW2, 2), order)[0]


def test_a_cell_that_begins_on_the_circle_counts_for_a_whole_cell_too() -> None:
    # Two heaps that face each other, corner to corner: each of the two corners weighs 1 more.
    grid, order = build(heap(HERE, (-1.0, -1.0, 0.0)), heap(THERE, (1.0, 1.0, 0.0)))
    core = unsort(mark_core(grid, RADIUS2, LEAF_SIZE + 1), order)
    assert np.flatnonzero(core).tolist() == [0, LEAF_SIZE]
    assert not mark_core(grid, BELOW2, LEAF_SIZE + 1).any()


def test_a_cell_that_ends_on_the_circle_counts_whole() -> None:
    # From here the heap ends at 5 metres; from its far corner the one here is on the circle.
    far = heap((3.0, 4.0, 0.0), (-0.6, -0.8, 0.0))
    grid, order = build(np.array(HERE), far)
    assert unsort(mark_core(grid, RADIUS2, LEAF_SIZE + 1), order) == [True] * (LEAF_SIZE + 1)
    below = unsort(mark_core(grid, BELOW2, LEAF_SIZE + 1), order)
    assert np.flatnonzero(below).tolist() == list(range(2, LEAF_SIZE + 1))


def test_core_locations_exactly_the_radius_apart_are_one_component() -> None:
    grid, order = build(heap(HERE, (-1.0, -1.0, 0.0)), heap(THERE, (1.0, 1.0, 0.0)))
    cores = bound_core(grid, np.ones(2 * LEAF_SIZE, np.bool_))
    component, _ = reach_border(cores, join_core(cores, RADIUS2), RADIUS2)
    assert len(set(component.tolist())) == 1
    component, _ = reach_border(cores, join_core(cores, BELOW2), BELOW2)
    first, second = np.split(np.array(unsort(component, order)), 2)
    assert len(set(first)) == len(set(second)) == 1
    assert first[0] != second[0]


def test_a_border_location_on_the_circle_of_a_core_location_joins_it() -> None:
    grid, order = build(np.array(HERE), heap(THERE, (1.0, 1.0, 0.0)))
    core = np.empty(LEAF_SIZE + 1, np.bool_)
    core[:] = order != 0
    cores = bound_core(grid, core)
    component, ties = reach_border(cores, join_core(cores, RADIUS2), RADIUS2)
    assert len(set(component.tolist())) == 1
    assert not len(ties)
    component, _ = reach_border(cores, join_core(cores, BELOW2), BELOW2)
    assert unsort(component, order)[0] == -1


@pytest.mark.parametrize("radius2", [RADIUS2, 36.0])
def test_a_border_location_as_near_to_two_components_is_claimed_by_both(radius2: float) -> None:
    # Whether the circle just reaches them or goes beyond: each of them begins at 5 metres.
    grid, order = build(
        np.array(HERE), heap(THERE, (1.0, 1.0, 0.0)), heap((-3.0, -4.0, 0.0), (-1.0, -1.0, 0.0))
    )
    core = np.empty(2 * LEAF_SIZE + 1, np.bool_)
    core[:] = order != 0
    cores = bound_core(grid, core)
    component, ties = reach_border(cores, join_core(cores, radius2), radius2)
    here = int(np.flatnonzero(order == 0)[0])
    assert ties[::2].tolist() == [here, here]
    of_rows = unsort(component, order)
    assert set(ties[1::2].tolist()) == {of_rows[1], of_rows[LEAF_SIZE + 1]}
    assert of_rows[1] != of_rows[LEAF_SIZE + 1]


def test_a_core_distance_ends_at_the_corner_of_the_next_cell() -> None:
    # The one here weighs 2 with the corner of the heap, which finds its second within the heap.
    grid, order = build(np.array(HERE), heap(THERE, (1.0, 1.0, 0.0)))
    chords = unsort(core_chords(grid, 2), order)
    assert chords[0] == RADIUS2
    assert max(chords[1:]) < 1
    # With weights 1, 3 and 1 .. 1 the third unit lies on the corner, the fifth one step beyond.
    grid, order = build(
        np.array(HERE), heap(THERE, (1.0, 1.0, 0.0)), weight=[1, 3, *[1] * (LEAF_SIZE - 1)]
    )
    assert unsort(core_chords(grid, 3), order)[0] == RADIUS2
    assert unsort(core_chords(grid, 4), order)[0] == RADIUS2
    assert unsort(core_chords(grid, 5), order)[0] > RADIUS2


def test_the_tree_joins_two_heaps_over_the_five_metres_between_their_corners() -> None:
    grid, order = build(heap(HERE, (-1.0, -1.0, 0.0)), heap(THERE, (1.0, 1.0, 0.0)))
    edges, length2 = span_tree(grid, core_chords(grid, 2))
    assert length2.max() == RADIUS2
    assert (length2 == RADIUS2).sum() == 1
    bridge = edges[length2.argmax()]
    assert sorted(np.asarray(order)[bridge].tolist()) == [0, LEAF_SIZE]


def test_more_unsure_cells_than_there_is_room_for_at_first_are_counted_all_the_same() -> None:
    # Evenly spread, and half of what a circle holds is the minimum: nearly every cell is in doubt.
    xyz = np.random.default_rng(1).random((30_000, 3)) * [3e4, 3e4, 0]
    reach = cKDTree(xyz).query_ball_point(xyz, 1e4, return_length=True)
    minimum = int(np.median(reach))
    grid, order = build_grid(xyz, np.ones(len(xyz), np.int64))
    assert (mark_core(grid, 1e8, minimum) == (reach >= minimum)[order]).all()


def test_more_ties_than_there_is_room_for_at_first_are_all_told() -> None:
    # Two rows of core locations, and between them a row as near to the one as to the other.
    steps = np.arange(3000.0)
    rows = [np.column_stack([np.full(3000, side), steps, steps * 0]) for side in (-4.0, 0.0, 4.0)]
    xyz = np.concatenate(rows)
    grid, order = build_grid(xyz, np.ones(len(xyz), np.int64))
    cores = bound_core(grid, xyz[order, 0] != 0)
    component, ties = reach_border(cores, join_core(cores, 25.0), 25.0)
    claims = ties.reshape(-1, 2)
    assert len(claims) == 2 * 3000
    assert sorted(set(map(tuple, claims.tolist()))) == sorted(map(tuple, claims.tolist()))
    assert set(claims[:, 0].tolist()) == set(np.flatnonzero(xyz[order, 0] == 0).tolist())
    assert set(claims[:, 1].tolist()) == set(component[cores.core].tolist())
