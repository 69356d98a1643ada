"""Slow, obvious re-implementations to hold the fast ones against."""

import itertools
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def squared_chords(xyz: Array) -> Array:
    """Square the chord between every two locations, in the package's order of operations."""
    dx, dy, dz = (xyz[:, None, axis] - xyz[None, :, axis] for axis in range(3))
    return dx * dx + dy * dy + dz * dz


def core_flags(xyz: Array, weight: Array, radius_m: float, min_weight: int) -> Array:
    """Sum the neighbours' weights of every location in whole numbers."""
    near = squared_chords(xyz) <= radius_m**2
    weight = [int(value) for value in weight]
    sums = [sum(itertools.compress(weight, row)) for row in near]
    return np.array([total >= min_weight for total in sums])


def core_components(xyz: Array, core: Array, radius_m: float) -> Array:
    """Walk from core location to core location; number components by their first location."""
    near = squared_chords(xyz) <= radius_m**2
    component = np.full(len(xyz), -1)
    for seed in np.flatnonzero(core):
        if component[seed] >= 0:
            continue
        queue = [seed]
        component[seed] = seed
        while queue:
            i = queue.pop()
            for j in np.flatnonzero(near[i] & core & (component < 0)):
                component[j] = seed
                queue.append(j)
    return component


def nearest_components(xyz: Array, component: Array, radius_m: float) -> dict[int, set[int]]:
    """Find, for each location outside, the components whose core locations are nearest."""
    chords = squared_chords(xyz)
    core = component >= 0
    claims = {}
    for i in np.flatnonzero(~core):
        reach = np.where(core & (chords[i] <= radius_m**2), chords[i], np.inf)
        nearest = np.isfinite(reach) & (reach == reach.min())
        claims[i] = set(component[nearest].tolist())
    return claims


def same_partition(labels: Array, others: Array) -> bool:
    """Say whether two labellings put the same rows together."""
    pairs = set(zip(np.asarray(labels).tolist(), np.asarray(others).tolist(), strict=True))
    return len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})


def core_radii2(xyz: Array, weight: Array, min_weight: int) -> Array:
    """Find each location's squared core distance by walking outwards from it."""
    reach2 = np.full(len(xyz), np.inf)
    for i, chords in enumerate(squared_chords(xyz)):
        total = 0
        for j in np.argsort(chords, kind="stable"):
            total += int(weight[j])
            if total >= min_weight:
                reach2[i] = chords[j]
                break
    return reach2
