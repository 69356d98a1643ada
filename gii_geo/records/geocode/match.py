"""An address -> the place that it most likely means."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import Final

from gii_geo.records.geocode.choose import DIVISION_CONFIDENCE, SURE, Chooser, Match, match_division
from gii_geo.records.geocode.doubt import (
    DOUBTED,
    list_countries,
    list_joined,
    name_another,
    read_abroad,
)
from gii_geo.records.geocode.east_asia import is_county, is_district
from gii_geo.records.geocode.gazetteer import Gazetteer
from gii_geo.records.geocode.institutions import STOP, list_seats
from gii_geo.records.geocode.misspelling import Speller
from gii_geo.records.geocode.names import (
    division_labels,
    division_names,
    find_divisions,
    former_of,
    read_name,
)
from gii_geo.records.geocode.order import SHIRE_KM, is_shire, is_town, order_names
from gii_geo.records.geocode.parse import Reading, names_economy, read_address, read_fields
from gii_geo.records.geocode.segments import Words
from gii_geo.records.geocode.ways import (
    ELSEWHERE,
    INNER,
    MISSPELT,
    MISSPELT_NEARBY,
    NAMED,
    PART,
    SEAT,
    WHOLE,
    Way,
)
from gii_geo.text import COMPASS, DIVISIONS, fold, shorten, split_words

SHORTENED: Final = 0.1
"""How well a name fits without the word for its kind: Suwon for Suwon-si."""

MANY_TIMES: Final = 5
"""A town so many times bigger behind a name is the one that is meant, if they are far apart."""

NEAR_KM: Final = 50.0
"""Two names side by side are both believed if their places are so close."""

_CITY_END: Final = re.compile(f"(?:市|{fold('시')}|{fold('군')})$")
_CAPITAL: Final = frozenset(("c", "d", "dc", "df", "f", "sar"))
"""Letters of a capital's district, Bogotá D.C., and of Hong Kong SAR."""

_PART_WORDS: Final = 4
_PART_LETTERS: Final = 4
_MISSPELT_WORDS: Final = 3
_POSTAL_LETTERS: Final = 2
_COMPASS_ECONOMIES: Final = frozenset(("AU", "CA", "US"))
"""There nine in ten Norths and Souths lie within 15 km of the place they are named after, in GB
one in four (measured on the gazetteer)."""


@dataclass
class Matcher:
    """Finds the places of addresses in a gazetteer.

    Attributes
    ----------
    gazetteer : Gazetteer
        The places.
    """

    gazetteer: Gazetteer
    _chooser: Chooser = field(init=False)
    _speller: Speller = field(init=False)

    def __post_init__(self) -> None:
        """Make what looks things up."""
        self._chooser = Chooser(self.gazetteer)
        self._speller = Speller(self.gazetteer)

    def match_fields(self, city: str, division: str, country: str) -> Match | None:
        """Find the place that the fields of an address name.

        Parameters
        ----------
        city, division, country : str
            The fields, empty where they are missing.

        Returns
        -------
        Match or None
            The place, or the division if the city is not found.
        """
        where = read_fields(city, division, country)
        if where is None:
            return None
        if not where.segments:
            unknown = bool(where.divisions)
            names = (self._find_named(name, where, unknown=unknown) for name in where.named)
            return _first(names) or match_division(where)
        whole = sum((segment.words for segment in where.segments), ())
        if whole[-1] in DIVISIONS and (divisions := find_divisions(whole, where.economies)):
            return match_division(replace(where, divisions=divisions))
        if match := self._find(whole, where, WHOLE):
            if not where.divisions and (others := self._find_others(match, whole)):
                return match_division(replace(where, divisions=others))
            return self._chooser.settle(match, where)
        readings = read_address(city, where)
        found = self._choose((one, self._try_fields(where, one)) for one in readings)
        found = self._doubt(self._chooser.settle(found, where), city, where)
        if found and self._names_several(city, where):
            found = found._replace(confidence=found.confidence * DOUBTED)
        return found

    def match_text(self, text: str, division: str, country: str) -> Match | None:
        """Find the place that an address in one text names, such as an affiliation.

        Parameters
        ----------
        text : str
            The address, country last.
        division, country : str
            What fields of their own say, empty where they are missing.

        Returns
        -------
        Match or None
            The place, or the division if no city is found.
        """
        where = read_fields("", division, country)
        if where is None and names_economy(text, country):
            where = read_fields("", division, "")
        if where is None:
            return None
        shouts = text.isupper() and len(text.split()) > 1
        readings = read_address(text, where)
        found = self._choose((one, self._try_text(one, shouts)) for one in readings)
        return self._doubt(self._chooser.settle(found, where), text, where)

    def _choose(self, read: Iterable[tuple[Reading, Iterator[Match | None]]]) -> Match | None:
        """Take the first match of each reading, and the surest of these."""
        firsts = [
            self._chooser.settle(next(filter(None, matches), None), reading)
            for reading, matches in read
        ]
        return max(filter(None, firsts), key=lambda match: match.confidence, default=None)

    def _doubt(self, match: Match | None, text: str, where: Reading) -> Match | None:
        """Take confidence from a place where the text names another country than its own."""
        if match is None or match.row < 0:
            return match
        if where.economies:
            name = name_another(text, where.economies)
            # Lebanon is a town in New Hampshire, too, but Cairo, Egypt is in none of its states
            is_doubted = bool(name) and self._find(name, where, WHOLE) is None
            is_doubted = is_doubted or self._lies_abroad(text, where.economies)
        else:
            own = Reading((self.gazetteer.economies[match.row],))
            names = list_countries(text, own.economies[0])
            # Jamaica lies in Queens, too
            is_doubted = any(self._find(name, own, WHOLE) is None for name in names)
        return match._replace(confidence=match.confidence * DOUBTED) if is_doubted else match

    def _lies_abroad(self, text: str, economies: tuple[str, ...]) -> bool:
        """Tell whether a text by itself ends in a town of another country, and its name or code."""
        return any(
            one.divisions or any(self._find(part.words, one, WHOLE) for part in one.segments)
            for one in read_abroad(text, economies)
        )

    def _names_several(self, city: str, where: Reading) -> bool:
        """Tell whether a field names two towns far from each other, as Zurich/Basel does."""
        found = [self._find(words, where, WHOLE) for words in list_joined(city)]
        rows = [match.row for match in found if match]
        is_each = len(rows) == len(found) > 1 and min(rows) >= 0
        return is_each and bool(self.gazetteer.measure_km(rows[0], rows[1:]).max() > NEAR_KM)

    def _try_fields(self, where: Reading, reading: Reading) -> Iterator[Match | None]:
        """Read a city's field in every way, the surest first; its first words name the city."""
        for segment in sorted(
            reading.segments, key=lambda one: is_district(one.words, reading.economies)
        ):
            yield self._find(segment.words, reading, WHOLE)
        unknown = any(
            not is_district(segment.words, reading.economies) for segment in reading.segments
        )
        for name in filter(None, (*reading.named[:1], *where.named)):
            yield self._find_named(name, reading, unknown=unknown)
        for segment in where.segments:
            if segment.words not in reading.named:
                yield self._find(segment.words, where, WHOLE)
        name = where.segments[0].words
        yield self._find_part(name, where)
        yield self._find_misspelt(name, where)
        yield match_division(reading)
        yield self._find_misspelt_division(name, where)

    def _try_text(self, reading: Reading, shouts: bool) -> Iterator[Match | None]:  # noqa: FBT001
        """Read an address in one text in every way, the surest first; its last words name it."""
        names = list(order_names(reading, shouts=shouts))
        tied = None
        for name, behind in zip_longest(names, names[1:], fillvalue=()):
            match = self._find(name, reading, WHOLE)
            if match and self._is_tied(match, reading):
                tied = tied or match  # Wellington, Somerset, UK: there is a Somerset in Bermuda
            elif match and behind and self._is_district(match, name, behind, reading):
                continue
            else:
                yield match
        yield tied
        anywhere = replace(reading, divisions=frozenset())
        for name in reversed(reading.behind):
            yield self._find(name, anywhere, ELSEWHERE)
        yield self._find_seat(names, reading)
        unknown = any(
            is_town(segment, reading, self.gazetteer) for segment in reading.segments[-1:]
        )
        for name in filter(None, reading.named):
            yield self._find_named(name, reading, unknown=unknown)
        for name in names[:1]:
            yield self._find_misspelt(name, reading)
        for name in names:
            match = self._find_inside(name, reading)
            yield None if match and unknown and self._is_like_division(match) else match
        yield match_division(reading)

    def _find(self, words: Words, where: Reading, way: Way) -> Match | None:
        """Find the place of a name, with and without the word for its kind."""
        if is_county(words, where.economies):
            return None
        short = "".join(shorten(words))
        if not short.isascii():
            short = _CITY_END.sub("", short) or short
        fits = {short: SHORTENED, "".join(words): 1.0}
        if words[0] in COMPASS and len(words) > 1:
            fits[COMPASS[words[0]] + "".join(words[1:])] = 1.0
        return self._chooser.choose(fits, where, way)

    def _find_named(self, name: Words, where: Reading, *, unknown: bool) -> Match | None:
        """Find the city that the division or the country is named after, and do not guess.

        Where the address names a town that is not known, only a division that is all city will
        do, such as Berlin. A country must have most of its people there, such as Luxembourg.
        """
        name = tuple(word for word in name if word not in _CAPITAL) or name
        match = self._find(name, where, NAMED)
        if match is None and len(where.divisions) == 1:  # Lucerne is a further name of Luzern
            match = self._find(name, where, NAMED._replace(first_names_only=False))
        if match is None and len(where.divisions) == 1 and not name[0].isascii():
            name = tuple(split_words(division_labels()[min(where.divisions)]))
            match = self._find(name, where, NAMED)
        if match is None:
            return None
        if unknown and not self._chooser.is_all(match.row, where):
            return None
        is_country = not where.divisions and read_name(name) == where.economies
        if is_country and not self._chooser.holds_most(match.row, where):
            return None
        return match

    def _find_seat(self, names: Iterable[Words], where: Reading) -> Match | None:
        """Find the town that a university is called after, in the division that is named."""
        if not where.divisions:
            return None
        seats = (seat for name in names for seat in list_seats(name) if seat not in where.named)
        return _first(self._chooser.choose({"".join(seat): 1.0}, where, SEAT) for seat in seats)

    def _is_tied(self, match: Match, where: Reading) -> bool:
        """Tell whether a place lies in a territory of the economy that is named."""
        return bool(where.economies) and (
            self.gazetteer.economies[match.row] not in where.economies
        )

    def _is_district(self, match: Match, name: Words, behind: Words, where: Reading) -> bool:
        """Tell whether a name is a county's whose town stands behind it, or a posted district's.

        What stands behind such a district is a far bigger town far off: D-53127 Venusberg, Bonn.
        """
        is_posted = any(one.is_posted and one.words == name for one in where.segments)
        is_asked = is_posted or is_shire(name, where.economies)
        if not is_asked or (other := self._find(behind, where, WHOLE)) is None:
            return False
        away_km = float(self.gazetteer.measure_km(match.row, [other.row])[0])
        people = self.gazetteer.population
        is_bigger = people[other.row] >= MANY_TIMES * people[match.row]
        return is_bigger and away_km > NEAR_KM if is_posted else away_km < SHIRE_KM

    def _is_like_division(self, match: Match) -> bool:
        """Tell whether a place has the name of its division, which may be all that was read."""
        key = fold(self.gazetteer.name_of(match.row))
        return self.gazetteer.divisions[match.row] in division_names().get(key, ())

    def _find_part(self, words: Words, where: Reading) -> Match | None:
        """Find a name that has a point of the compass, a letter or a second name beside it."""
        if words[0] in COMPASS.values() and _COMPASS_ECONOMIES & set(where.economies):
            match = self._chooser.choose({"".join(words[1:]): 1.0}, where, PART)
            return match if match and match.confidence >= SURE * PART.confidence else None
        divisions = find_divisions(words, where.economies)
        for size in range(len(words) - 1, 0, -1):
            for name, rest in ((words[:size], words[size:]), (words[-size:], words[:-size])):
                match = self._chooser.choose({"".join(name): 1.0}, where, PART)
                if match is None or not self._is_beside(match, rest, where):
                    continue
                # La Rioja is not Rioja elsewhere
                if not divisions or self.gazetteer.divisions[match.row] in divisions:
                    return match
        return None

    def _is_beside(self, match: Match, rest: Words, where: Reading) -> bool:
        """Tell whether the words beside a name are postal letters or a place close by."""
        if all(len(word) <= _POSTAL_LETTERS for word in rest):
            return True
        beside = self._chooser.choose({"".join(rest): 1.0}, where, PART)
        return beside is not None and bool(
            self.gazetteer.measure_km(match.row, [beside.row])[0] <= NEAR_KM
        )

    def _find_inside(self, words: Words, where: Reading) -> Match | None:
        """Find a city's name within an institution's: at its end, else anywhere, longest first."""
        count = len(words)
        longest = min(_PART_WORDS, count - 1)
        parts = [(count - size, count, PART) for size in range(longest, 0, -1)]
        parts += [
            (first, first + size, INNER)
            for size in range(longest, 0, -1)
            for first in range(count - size - 1, -1, -1)
        ]
        known: list[tuple[int, int]] = []
        for first, last, way in parts:
            name = words[first:last]
            key = "".join(name)
            if name[0] in STOP or name[-1] in STOP or len(key) < _PART_LETTERS:
                continue
            if any(start <= first and last <= end for start, end in known):
                continue  # York in New York
            match = self._chooser.choose({key: 1.0}, where, way)
            if match and self._is_in_division(match, name, where):
                return match
            if self.gazetteer.find(key):
                known.append((first, last))
        return None

    def _is_in_division(self, match: Match, name: Words, where: Reading) -> bool:
        """Tell whether a place that has the name of a division lies there, as its city does."""
        divisions = find_divisions(name, where.economies)
        return not divisions or self.gazetteer.divisions[match.row] in divisions | former_of(
            divisions
        )

    def _find_others(self, match: Match, name: Words) -> frozenset[str]:
        """Find the divisions that are called like a place elsewhere: Indiana, PA.

        None where the place is all of its division, as Washington is.
        """
        own, economy = self.gazetteer.divisions[match.row], self.gazetteer.economies[match.row]
        called = division_names().get("".join(name), frozenset())
        rows = self.gazetteer.rows_of  # Male is an atoll of its own, without a place
        others = frozenset(one for one in called if one.startswith(f"{economy}.") and rows[one])
        if not others or own in others | former_of(others):
            return frozenset()
        is_all = self._chooser.is_all(match.row, Reading(divisions=frozenset({own})))
        return frozenset() if is_all else others

    def _find_misspelt(self, words: Words, where: Reading) -> Match | None:
        """Find a name that is misspelt."""
        if len(words) > _MISSPELT_WORDS or find_divisions(words, where.economies):
            return None
        near = {
            other: distance
            for key in ("".join(shorten(words)), "".join(words))
            for economy in where.economies
            for other, distance in self._speller.near_places(key, economy)
        }
        way = MISSPELT if self._chooser.is_full(where) else MISSPELT_NEARBY
        for distance in sorted(set(near.values())):
            fits = {key: 1.0 for key in near if near[key] == distance}
            match = self._chooser.choose(fits, where, way)
            if match and match.confidence >= SURE * way.confidence:
                return match
        return None

    def _find_misspelt_division(self, words: Words, where: Reading) -> Match | None:
        """Find a division whose name is misspelt."""
        key = "".join(shorten(words))
        divisions = [self._speller.near_divisions(key, economy) for economy in where.economies]
        found = frozenset[str]().union(*divisions)
        confidence = DIVISION_CONFIDENCE * MISSPELT.confidence
        return Match(-1, min(found), confidence, 1) if len(found) == 1 else None


def _first(matches: Iterable[Match | None]) -> Match | None:
    """Take the first match."""
    return next(filter(None, matches), None)
