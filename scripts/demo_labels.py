"""Made-up fields and organisations for the built-in world's records.

Every region has its own leanings: the weight of a field there is the field's own, times a random
factor of the region's. Patents and deals are of one organisation, one of their home region; each
author's address is of a university of its place. ``data/demo/README.md`` explains the figures.
"""

from typing import Final

import numpy as np
from demo_geography import SEED, IntArray

FIELDS: Final = (
    (
        *("Electrical machinery, apparatus, energy", "Audio-visual technology"),
        *("Telecommunications", "Digital communication", "Computer technology"),
        *("IT methods for management", "Semiconductors", "Optics", "Measurement"),
        *("Medical technology", "Organic fine chemistry", "Biotechnology", "Pharmaceuticals"),
        *("Basic materials chemistry", "Chemical engineering", "Machine tools"),
        *("Engines, pumps, turbines", "Transport", "Civil engineering"),
    ),
    (
        *("Medicine", "Engineering", "Computer Science", "Materials Science", "Social Sciences"),
        *("Physics and Astronomy", "Chemistry", "Environmental Science", "Neuroscience"),
        *("Biochemistry, Genetics and Molecular Biology", "Agricultural and Biological Sciences"),
        *("Mathematics", "Energy", "Earth and Planetary Sciences", "Psychology"),
    ),
    (
        *("Software", "Biotechnology", "Financial services", "Health care", "Hardware"),
        *("Artificial intelligence", "Clean energy", "Commerce", "Mobility", "Education"),
    ),
)
"""Of patents (names of WIPO's fields), publications (names of OpenAlex's) and deals."""

TWO_FIELDS: Final = (0.25, 0.10, 0.15)
"""Share of the records of two fields."""
NO_FIELD: Final = 0.02
LEANING: Final = 1.0
"""Standard deviation of the logarithm of a region's factor."""

PER_ORGANISATION: Final = (10, 30, 2)
"""Records of a home region, or authors at a place, for each of its organisations."""
UNEVEN: Final = 1.5
"""How much more some have than others: the first n of N have (n / N) ** (1 / UNEVEN) of all."""
NO_ORGANISATION: Final = 0.03
WORKS: Final = ("Made-up Works", "Made-up University", "Made-up Ventures")


def draw_fields(k: int, home: IntArray) -> list[str | None]:
    """Draw the fields of records by their home regions, two of them parted by a semicolon."""
    rng = np.random.default_rng([SEED, 6, k])
    names = FIELDS[k]
    common = 1 / np.arange(1, len(names) + 1) ** 0.6
    leaning = np.exp(LEANING * rng.standard_normal((int(home.max()) + 1, len(names))))
    weight = np.cumsum(common * leaning, axis=1)
    u = rng.random((home.size, 4))
    top = weight[home, -1]
    first, second = (
        (weight[home] < (u[:, column] * top)[:, np.newaxis]).sum(axis=1) for column in (0, 1)
    )
    told: list[str | None] = []
    for a, b, (_, _, two, none) in zip(first.tolist(), second.tolist(), u.tolist(), strict=True):
        pair = f"{names[a]}; {names[b]}" if two < TWO_FIELDS[k] and a != b else names[a]
        told.append(None if none < NO_FIELD else pair)
    return told


def draw_organisations(
    k: int, home: IntArray, record: IntArray, place: IntArray
) -> list[str | None]:
    """Draw the organisation of each address: of its record's home, or of its own place.

    Records at home in no region, the last number, have none.
    """
    rng = np.random.default_rng([SEED, 7, k])
    _, own_place = np.unique(place, return_inverse=True)
    seat = own_place if k == 1 else home[record]
    many = np.maximum(np.bincount(own_place if k == 1 else home) // PER_ORGANISATION[k], 1)
    first = np.cumsum(many) - many
    u = rng.random((home.size, 2))[record]  # the authors of a record at one place are of one
    number = first[seat] + np.floor(many[seat] * u[:, 0] ** UNEVEN).astype(np.int64)
    known = u[:, 1] >= NO_ORGANISATION
    if k != 1:
        known &= home[record] < home.max()
    names = [f"{WORKS[k]} {one + 1}" for one in range(int(number.max()) + 1)]
    return [
        names[one] if is_known else None
        for one, is_known in zip(number.tolist(), known.tolist(), strict=True)
    ]
