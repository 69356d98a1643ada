"""The places of a name -> the one that is most likely meant, and how sure that is."""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np

from gii_geo.records.geocode.doubt import DOUBTED
from gii_geo.records.geocode.gazetteer import BIG, Gazetteer
from gii_geo.records.geocode.names import division_labels, division_names, former_of, reach_of
from gii_geo.records.geocode.parse import UNKNOWN, Reading
from gii_geo.records.geocode.ways import LEAST_PEOPLE, Way
from gii_geo.text import fold

TOWN: Final = 5_000
"""Where no country is named, only places of so many people are."""

OTHER_NAME: Final = 0.005
"""What people count of a place that a name is not the first name of: Franklin for Columbus, OH."""

INSIDE_NAME: Final = 0.5
"""The same where the first name begins or ends with it: Halle for Halle (Saale)."""

ELSEWHERE: Final = 0.01
"""What people count in an economy that only `economy_reach.csv` ties to the one that is named."""

SAME_KM: Final = 15.0
"""Places of one name that are so close are one place."""

FORMER: Final = 0.1
"""What people count in a division that only `division_reach.csv` ties to the one that is named."""

ALL_KM: Final = 25.0
ALL_PLACES: Final = 0.95
"""A division is its city if so many of its places lie so close: Berlin, Seoul, not New York."""

MOST_PEOPLE: Final = 0.85
"""A country's name is its city's if so many of its people live there: Luxembourg, not Mexico."""

SHORTENED_CONFIDENCE: Final = 0.9
"""What is left of the confidence where the word for its kind had to be left out of a name."""

SURE: Final = 0.5
"""Where no country is named, a place must outweigh all its homonyms together."""

SURE_INSIDE: Final = 0.8
"""The same for a name inside a text."""

GUESSED: Final = 0.8
"""So sure a place must be where the end of the address may not name its country: Berlin, DE."""

MATCHLESS: Final = 0.99
"""A place that outweighs its homonyms so much is meant, whatever its division is called."""


class Match(NamedTuple):
    """A place, or only a division, for an address; `row` is -1 for a division."""

    row: int
    division: str
    confidence: float
    candidates: int


DIVISION_CONFIDENCE: Final = 0.5
"""How sure it is that a division named without a city that could be found is the right one."""


def match_division(where: Reading) -> Match | None:
    """Give the division itself, where no place in it is found.

    Parameters
    ----------
    where : Reading
        How the address was read.

    Returns
    -------
    Match or None
        The division; of several the first.

    Examples
    --------
    >>> match_division(Reading(("US",), frozenset({"US.CA"})))
    Match(row=-1, division='US.CA', confidence=0.5, candidates=1)
    """
    if not where.divisions:
        return None
    return Match(-1, min(where.divisions), DIVISION_CONFIDENCE, len(where.divisions))


class _Candidate(NamedTuple):
    """What a place weighs among those that a name fits, and how well it fits."""

    weight: float
    fit: float


_NOTHING: Final = _Candidate(0.0, 0.0)


@dataclass
class Chooser:
    """Chooses among places.

    Attributes
    ----------
    gazetteer : Gazetteer
        The places.
    """

    gazetteer: Gazetteer
    _near: dict[tuple[int, frozenset[str]], tuple[float, float]] = field(
        default_factory=dict, repr=False
    )

    def choose(self, fits: dict[str, float], where: Reading, way: Way) -> Match | None:
        """Choose the likeliest place of a name: by division, then country, then population.

        Parameters
        ----------
        fits : dict of str to float
            Key of each spelling, and how well it fits (0 to 1).
        where : Reading
            The economies and divisions that the address names.
        way : Way
            How the name was read.

        Returns
        -------
        Match or None
            Its confidence is the way's, times the share of the place among its homonyms.
        """
        fitting = self._weigh(fits, where, way)
        pool = self._narrow(fitting, where)
        if not pool:
            return None
        best = min(pool, key=lambda row: (-pool[row].weight, row))
        confidence = way.confidence
        if pool[best].fit < 1:
            confidence *= SHORTENED_CONFIDENCE
        if len(pool) > 1:
            weight = np.array([candidate.weight for candidate in pool.values()])
            near = self.gazetteer.measure_km(best, list(pool)) <= SAME_KM
            confidence *= float(weight[near].sum() / weight.sum())
        if not where.economies and not self._is_sure(best, confidence, way):
            return None
        return Match(best, "", confidence, len(fitting))

    def settle(self, match: Match | None, reading: Reading) -> Match | None:
        """Hold a place against what the end of its address may name.

        Parameters
        ----------
        match : Match or None
            The place.
        reading : Reading
            How its address was read.

        Returns
        -------
        Match or None
            It, less sure where it lies elsewhere; None where it is no more than a guess.
        """
        if match is None or match.row < 0:
            return None if reading.is_guess else match
        if reading.is_guess:
            is_sure = match.confidence >= GUESSED and self.gazetteer.population[match.row] >= TOWN
            return match if is_sure else None
        own = {self.gazetteer.economies[match.row], self.gazetteer.divisions[match.row]}
        if not reading.end or not reading.end.isdisjoint(own):
            return match
        if reading.end == UNKNOWN and match.confidence >= MATCHLESS:
            return match
        called = [code >> 1 for code in self.gazetteer.find("".join(reading.end_words))]
        if match.row in called:
            return match
        return match._replace(confidence=match.confidence * DOUBTED)

    def is_full(self, where: Reading) -> bool:
        """Tell whether an address names no division, or ones with too many places to guess among.

        Parameters
        ----------
        where : Reading
            The divisions.

        Returns
        -------
        bool
            True for England or Bavaria, false for an American state.
        """
        places = sum(len(self.gazetteer.rows_of[division]) for division in where.divisions)
        return not 0 < places <= _MOST_PLACES

    def is_all(self, row: int, where: Reading) -> bool:
        """Tell whether what an address names is its city: a place there is within 25 km.

        Parameters
        ----------
        row : int
            The city.
        where : Reading
            The divisions, or else the economy.

        Returns
        -------
        bool
            True for Berlin and Singapore, false for the state of New York and for Mexico.
        """
        return self._share_near(row, where)[0] >= ALL_PLACES

    def holds_most(self, row: int, where: Reading) -> bool:
        """Tell whether most people of what an address names live around a city.

        Parameters
        ----------
        row : int
            The city.
        where : Reading
            The divisions, or else the economy.

        Returns
        -------
        bool
            True for Luxembourg, false for Mexico.
        """
        return self._share_near(row, where)[1] >= MOST_PEOPLE

    def _share_near(self, row: int, where: Reading) -> tuple[float, float]:
        """Give the shares of the places and of the people around a city, of what is named."""
        named = where.divisions or frozenset(where.economies)
        if (row, named) not in self._near:
            places = self.gazetteer
            rows = places.rows_of if where.divisions else places.rows_in
            others = [other for one in named for other in rows[one]]
            if not others:  # a parish of Macao has no place of its own
                return 0.0, 0.0
            people = np.array([max(places.population[other], 1) for other in others])
            near = places.measure_km(row, others) <= ALL_KM
            self._near[row, named] = float(near.mean()), float(people[near].sum() / people.sum())
        return self._near[row, named]

    def _weigh(self, fits: dict[str, float], where: Reading, way: Way) -> dict[int, _Candidate]:
        """Weigh places by their people and by how well the name fits; the user's own stand out."""
        places = self.gazetteer
        fitting: dict[int, _Candidate] = {}
        for key, fit in fits.items():
            for code in places.find(key):
                row, is_other = code >> 1, code & 1
                people = max(places.population[row], LEAST_PEOPLE)
                if row in places.own:
                    people = max(people, way.least_people)
                elif is_other and not self._goes_by(key, row, where, way):
                    continue
                weight = people * fit * self._temper(row, key, is_other, where)
                if people >= way.least_people and weight > 0:
                    fitting[row] = max(fitting.get(row, _NOTHING), _Candidate(weight, fit))
        own = {row: fitting[row] for row in fitting if row in places.own}
        return own or fitting

    def _goes_by(self, key: str, row: int, where: Reading, way: Way) -> bool:
        """Tell whether an other name of a place will do; its division's name seldom does."""
        if way.first_names_only and not (self.gazetteer.population[row] >= BIG and where.economies):
            return False
        division = self.gazetteer.divisions[row]
        if division not in division_names().get(key, ()):
            return True
        label, name = division_labels()[division], self.gazetteer.name_of(row)
        # Wien and Santiago de Querétaro, but not Aichi
        return label[:1] == name[:1] or fold(name).endswith(key)

    def _temper(self, row: int, key: str, is_other: int, where: Reading) -> float:
        """Give what a place's people count by its economy and by which of its names it is."""
        weight = 1.0
        if where.economies and self.gazetteer.economies[row] not in where.economies:
            is_tied = self.gazetteer.economies[row] in reach_of(where.economies)
            weight = ELSEWHERE if is_tied else 0.0
        if where.divisions and self.gazetteer.divisions[row] in former_of(where.divisions):
            weight *= FORMER
        if is_other and weight:
            name = fold(self.gazetteer.name_of(row))
            is_inside = name.startswith(key) or name.endswith(key)
            weight *= INSIDE_NAME if is_inside else OTHER_NAME
        return weight

    def _narrow(self, fitting: dict[int, _Candidate], where: Reading) -> dict[int, _Candidate]:
        """Keep the places in the divisions that are named, as these are or as they were."""
        if not where.divisions:
            return fitting
        return {row: fitting[row] for row in fitting if self._is_within(row, where)}

    def _is_within(self, row: int, where: Reading) -> bool:
        """Tell whether a place lies in the divisions that are named, or in one not known."""
        division = self.gazetteer.divisions[row]
        is_named = division in where.divisions or division in former_of(where.divisions)
        return is_named or division.endswith(".")

    def _is_sure(self, row: int, confidence: float, way: Way) -> bool:
        """Tell whether a place is sure enough for an address that names no country."""
        people = self.gazetteer.population[row]
        if way.is_whole:
            return confidence > SURE and (people >= TOWN or row in self.gazetteer.own)
        return confidence > SURE_INSIDE * way.confidence and people >= BIG


_MOST_PLACES: Final = 1_500
"""Divisions with more hold so many names that a misspelling of one is often another: 10 to 40 % in
England and Bavaria, 0 to 3 % in an American state, measured by leaving each name out in turn."""
