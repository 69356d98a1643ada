"""What coordinates alone tell: found once for each site, whoever asks."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from gii_geo.project import to_geocentric
from gii_geo.regions.cluster import lay_grid
from gii_geo.regions.sites import Sites

Floats = npt.NDArray[np.float64]


@pytest.fixture
def sites() -> Sites:
    return Sites(np.array([7.6, 8.5, 103.8, -74.0]), np.array([47.6, 47.4, 1.3, 40.7]))


def note(asked: list[list[float]]) -> Callable[[Sites], Floats]:
    """Find the sum of longitude and latitude, and note which longitudes were asked for."""

    def find(some: Sites) -> Floats:
        asked.append(some.lon.tolist())
        return some.lon + some.lat

    return find


def test_a_site_is_found_once_however_often_it_is_asked_for(sites: Sites) -> None:
    asked: list[list[float]] = []
    rows = np.array([3, 1, 3])
    assert sites.recall("sum", rows, note(asked)).tolist() == [-33.3, 55.9, -33.3]
    assert sites.recall("sum", rows, note(asked)).tolist() == [-33.3, 55.9, -33.3]
    assert sites.recall("sum", np.array([0, 1]), note(asked)).tolist() == [55.2, 55.9]
    assert asked == [[8.5, -74.0], [7.6]]


def test_what_is_found_under_one_name_is_not_taken_for_another(sites: Sites) -> None:
    asked: list[list[float]] = []
    sites.recall("sum", np.array([0]), note(asked))
    assert sites.recall("lon", np.array([0]), lambda some: some.lon).tolist() == [7.6]
    assert asked == [[7.6]]


def test_none_at_all_may_be_asked_for(sites: Sites) -> None:
    nothing = np.array([], dtype=np.int64)
    assert sites.recall("sum", nothing, lambda some: some.lon + some.lat).tolist() == []
    assert sites.recall("word", nothing, lambda some: some.lon.astype("U")).dtype.kind == "U"


def test_a_part_shares_what_is_found_with_the_whole_and_with_other_parts(sites: Sites) -> None:
    asked: list[list[float]] = []
    part = sites.take(np.array([1, 3]))
    assert part.lon.tolist() == [8.5, -74.0]
    assert part.lat.tolist() == [47.4, 40.7]
    assert part.recall("sum", np.array([1]), note(asked)).tolist() == [-33.3]
    other = sites.take(np.array([0, 2, 3]))
    assert other.recall("sum", np.array([2, 0]), note(asked)).tolist() == [-33.3, 55.2]
    assert sites.recall("sum", np.array([0, 3]), note(asked)).tolist() == [55.2, -33.3]
    deeper = other.take(np.array([1, 2]))  # the third and the fourth of all
    assert deeper.recall("sum", np.array([0, 1]), note(asked)).tolist() == [105.1, -33.3]
    assert asked == [[-74.0], [7.6], [103.8]]


def test_a_part_has_the_places_in_space_and_the_grid_of_its_own_sites(sites: Sites) -> None:
    rows = np.array([0, 3])
    part = sites.take(rows)
    xyz = to_geocentric(sites.lon[rows], sites.lat[rows])
    assert part.xyz.tolist() == xyz.tolist()
    assert sites.xyz[rows].tolist() == xyz.tolist()
    for ours, theirs in zip(part.layout, lay_grid(xyz), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert part.xyz is part.xyz
    assert part.layout is part.layout
