"""The nested grid."""

import numba
import numpy as np
import pytest
from reference import Array, squared_chords

from gii_geo.regions.cluster.grid import (
    LEAF_SIZE,
    RIGHT,
    START,
    STOP,
    TOTAL,
    Grid,
    build_grid,
    near_far2,
)


def points(seed: int, n: int = 400) -> Array:
    """Make points in tight and loose heaps, some of them twice."""
    rng = np.random.default_rng(seed)
    xyz = rng.normal(size=(n, 3)) * 10 ** rng.uniform(-3, 7, (n, 1))
    return np.concatenate([xyz, xyz[: n // 10]])


@numba.njit
def bounds(box: Array, i: int, other: Array, j: int) -> tuple[float, float]:
    """Call what only kernels can call."""
    return near_far2(box, i, other, j)


@pytest.fixture(params=range(5))
def grid(request: pytest.FixtureRequest) -> Grid:
    """Grid over 440 points of weights 0 to 9."""
    xyz = points(request.param)
    return build_grid(xyz, np.arange(len(xyz)) % 10)[0]


def test_order_restores_the_input_rows() -> None:
    xyz = points(0)
    grid, order = build_grid(xyz, np.arange(len(xyz)))
    assert sorted(order) == list(range(len(xyz)))
    assert (xyz[order] == grid.xyz).all()
    assert (grid.weight == order).all()


def test_every_cell_is_its_two_children(grid: Grid) -> None:
    inner = np.flatnonzero(grid.cells[:, RIGHT])
    parent, left, right = (
        grid.cells[inner],
        grid.cells[inner + 1],
        grid.cells[grid.cells[inner, RIGHT]],
    )
    assert (left[:, START] == parent[:, START]).all()
    assert (left[:, STOP] == right[:, START]).all()
    assert (right[:, STOP] == parent[:, STOP]).all()
    assert (left[:, TOTAL] + right[:, TOTAL] == parent[:, TOTAL]).all()


def leaf_sizes(grid: Grid) -> Array:
    leaf = grid.cells[grid.cells[:, RIGHT] == 0]
    return leaf[:, STOP] - leaf[:, START]


def test_no_leaf_is_empty_or_overfull(grid: Grid) -> None:
    assert leaf_sizes(grid).min() >= 1
    assert leaf_sizes(grid).max() <= LEAF_SIZE
    assert leaf_sizes(grid).sum() == len(grid.weight)


def test_a_box_is_as_tight_as_its_locations(grid: Grid) -> None:
    for (start, stop, _, total), box in zip(grid.cells, grid.box, strict=True):
        assert (box[:3] == grid.xyz[start:stop].min(axis=0)).all()
        assert (box[3:] == grid.xyz[start:stop].max(axis=0)).all()
        assert total == grid.weight[start:stop].sum()


def test_bounds_hold_to_the_last_bit(grid: Grid) -> None:
    chords = squared_chords(grid.xyz)
    rows = [slice(start, stop) for start, stop, _, _ in grid.cells]
    rng = np.random.default_rng(0)
    for a, b in rng.integers(len(grid.cells), size=(2000, 2)):
        near, far = bounds(grid.box, a, grid.box, b)
        block = chords[rows[a], rows[b]]
        assert near <= block.min()
        assert block.max() <= far


def test_bounds_of_single_locations_are_their_distance() -> None:
    grid, _ = build_grid(points(1)[:1], np.ones(1, np.int64))
    other, _ = build_grid(points(2)[:1], np.ones(1, np.int64))
    near, far = bounds(grid.box, 0, other.box, 0)
    assert near == far == ((grid.xyz - other.xyz) ** 2).sum()


def test_ten_thousand_copies_of_one_point_are_halved_all_the_same() -> None:
    grid, _ = build_grid(np.ones((10_000, 3)), np.ones(10_000, np.int64))
    assert (grid.cells[:, STOP] - grid.cells[:, START])[
        grid.cells[:, RIGHT] == 0
    ].max() <= LEAF_SIZE
    assert grid.cells[0, TOTAL] == 10_000
