"""A misspelt name -> the names it may be meant for."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from gii_geo.records.geocode.gazetteer import Gazetteer
from gii_geo.records.geocode.names import division_names, economies_of, find_divisions

SHORTEST: Final = 6
"""Letters of the shortest name that may be misspelt."""

SHORTEST_ALIKE: Final = 9
ALIKE: Final = frozenset(("CN", "IN", "JP"))
"""There short names are so alike that every third is a misspelling of a city's; elsewhere 0 to 3 %
are (measured by leaving each name out in turn)."""

TWO_EDITS: Final = 12
"""Letters of a name that may be two edits off; shorter ones one."""

_MOST: Final = 20


@dataclass
class Speller:
    """Finds the names that a misspelt one may be meant for.

    Attributes
    ----------
    gazetteer : Gazetteer
        The places.
    """

    gazetteer: Gazetteer

    def near_places(self, key: str, economy: str) -> list[tuple[str, int]]:
        """Find the names of places that are close to a misspelt one, the first letter right.

        Parameters
        ----------
        key : str
            A folded name.
        economy : str
            Where to look.

        Returns
        -------
        list of tuple of str and int
            Key, and the edits between the two.
        """
        names = self.gazetteer.spellings_by_initial[economy, key[:1]]
        return _find_near(key, names, economy)

    def near_divisions(self, key: str, economy: str) -> frozenset[str]:
        """Find the divisions that a misspelt name may be meant for.

        Parameters
        ----------
        key : str
            A folded name.
        economy : str
            Where to look.

        Returns
        -------
        frozenset of str
            Divisions such as US.CA.
        """
        near = _find_near(key, self._divisions[economy], economy)
        return frozenset(
            division for name, _ in near for division in find_divisions((name,), (economy,))
        )

    @cached_property
    def _divisions(self) -> defaultdict[str, list[str]]:
        """List the names of divisions by economy."""
        names = defaultdict[str, list[str]](list)
        for name, divisions in division_names().items():
            for economy in economies_of(divisions):
                names[economy].append(name)
        return names


def _find_near(key: str, names: list[str], economy: str) -> list[tuple[str, int]]:
    """Find the names that are one edit off a key, or two off a long one, the nearest first."""
    if len(key) < (SHORTEST_ALIKE if economy in ALIKE else SHORTEST):
        return []
    from rapidfuzz import process  # noqa: PLC0415  # optional
    from rapidfuzz.distance import OSA  # noqa: PLC0415

    edits = 2 if len(key) >= TWO_EDITS else 1
    near = process.extract(key, names, scorer=OSA.distance, score_cutoff=edits, limit=_MOST)
    return [(name, int(distance)) for name, distance, _ in near]
