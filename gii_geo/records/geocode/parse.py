"""An address as it is written -> the country and division it names, and the rest as segments."""

import re
from dataclasses import dataclass, replace
from typing import Final

from gii_geo.records.geocode.abroad import find_abroad, go_overseas
from gii_geo.records.geocode.east_asia import turn_address
from gii_geo.records.geocode.names import (
    RULE_WORDS,
    division_codes,
    division_names,
    divisions_coded,
    economies_of,
    economy_codes,
    economy_names,
    find_divisions,
    part_names,
    reach_of,
    read_division,
    read_economy,
    read_name,
    shorten_economy,
)
from gii_geo.records.geocode.segments import SHORT, UK_POSTCODE, Segment, Words, split_segments
from gii_geo.text import fold, split_words

_ALPHA_2: Final = 2
_ALPHA_3: Final = 3
_NAME_WORDS: Final = 5
"""The longest names of countries and divisions that are looked for at the end of a segment."""

_JOINED: Final = 3
"""So many parts of an address may be one country's name."""

_TAIL: Final = 4
"""How many segments from the end may name the country or the division."""

_UNNAMED: Final = ("CA", "US")
"""Addresses that name a state or province but no country are North American."""

_CODED: Final = (("CN",), ("US",))
"""Addresses there write the codes of territories where those of provinces and states stand."""

_ZIP: Final = re.compile(r"\b[A-Z]{2}\s+\d{5}(?:-\d{4})?\s*$")
"""What stands before a ZIP code is a state's."""

_SHIRE: Final = "shire"

_MERSIN: Final = re.compile(r"(?i:\b(?:via\s+)?mersin[\s-]*10\b)")
"""Post to Northern Cyprus goes by way of this number of a Turkish town."""

_EAST: Final = ("CN", "JP", "KR")
"""Addresses that end in the name of a division there need no country."""

_NOT_LAST: Final = frozenset(("island", "salvador"))
"""Countries' names (Iceland's in German, El Salvador's in French) that end other names."""


UNKNOWN: Final = frozenset(("",))
"""The end of an address that names no economy and no division that is known."""


@dataclass(frozen=True)
class Reading:
    """Where an address says it is.

    Attributes
    ----------
    economies : tuple of str
        ISO 3166-1 alpha-2 codes, empty where no country is named.
    divisions : frozenset of str
        Divisions such as US.CA, empty where none is named.
    segments : tuple of Segment
        The rest, in the order of the text.
    named : tuple of tuple of str
        The words that name the division and the economy, which may be their city's name too.
    behind : tuple of tuple of str
        Names behind a longer one that ends in the division's, such as Univ Hamburg, Bremerhaven:
        they need not lie there.
    end : frozenset of str
        Economies and divisions that the end of the address may name, where none was taken from it:
        a place in none of them is doubted, but for one that `end_words` name.
    end_words : tuple of str
        That end.
    is_guess : bool
        Whether the end was taken for a country's code or a division, and may be something else.
    """

    economies: tuple[str, ...] = ()
    divisions: frozenset[str] = frozenset()
    segments: tuple[Segment, ...] = ()
    named: tuple[Words, ...] = ()
    behind: tuple[Words, ...] = ()
    end: frozenset[str] = frozenset()
    end_words: Words = ()
    is_guess: bool = False


def read_fields(city: str, division: str, country: str) -> Reading | None:
    """Read fields that say where an address is, each by itself.

    Parameters
    ----------
    city, division, country : str
        The fields, empty where they are missing.

    Returns
    -------
    Reading or None
        None if a country is named that is not known.
    """
    economies = go_overseas(read_economy(country), city, division)
    divisions = frozenset[str]()
    if country and (not economies or "".join(split_words(country)) in part_names()):
        divisions = read_division(country, economies)  # England, or Texas as a country
        economies = economies or economies_of(divisions)
        if not economies:
            return None
    segments = tuple(split_segments(turn_address(city)))
    if division and (also := set(read_economy(division)) & reach_of(economies)):
        return Reading(tuple(also), frozenset(), segments)
    if division and (found := read_division(division, economies)):
        named: tuple[Words, ...] = (tuple(split_words(division)),)
        return Reading(economies or economies_of(found), found, segments, named)
    if division and not economies:
        words = tuple(split_words(division))
        economies = read_name(words) or _read_shire(words)  # a country in the wrong field
        end = frozenset() if economies else divisions_coded(division.upper()) or UNKNOWN
        return Reading(economies, divisions, segments, end=end)
    named = (tuple(split_words(country)),) if country and not segments else ()
    end = find_abroad(division, economies) if division else frozenset[str]()
    end_words = tuple(split_words(division)) if end else ()
    economies = economies or economies_of(divisions)
    return Reading(economies, divisions, segments, named, end=end, end_words=end_words)


def read_address(text: str, given: Reading) -> list[Reading]:
    """Read the country and the division at the end of an address, in every way that makes sense.

    Parameters
    ----------
    text : str
        The address, country last.
    given : Reading
        What fields of their own say; it comes before what the text says.

    Returns
    -------
    list of Reading
        One, or two for "Atlanta, Georgia".
    """
    economies, segments, country = _split_address(text)
    economies = go_overseas(economies, text)
    if given.economies:
        if not economies:
            economies, segments = _take_territory(given.economies, segments)
        is_narrower = bool(economies) and set(economies) <= reach_of(given.economies)
        if given.divisions or not is_narrower:
            economies = given.economies
    elif not economies:
        end = segments[-1].words if len(segments) > 1 else ()
        economies = ("GB",) if UK_POSTCODE.search(text) else _read_shire(end)
    if economies == ("GB",):
        segments.sort(key=lambda segment: segment.is_posted)  # Glasgow G12 8QQ, Lanark, Scotland
    readings = [_take_division(economies, given.divisions, segments, country)]
    others = set(economies_of(division_names().get("".join(country), frozenset())))
    if country and not given.economies and not others & set(economies):
        divisions = find_divisions(country, tuple(others))
        readings += (
            [Reading(economies_of(divisions), divisions, tuple(segments))] if divisions else []
        )
    return readings if given.economies or economies else _read_end(text, segments, readings)


def _read_shire(words: Words) -> tuple[str, ...]:
    """Read a British county that stands in the place of a country."""
    is_shire = bool(words) and words[-1].endswith(_SHIRE) and words[-1] not in {_SHIRE, "hampshire"}
    return ("GB",) if is_shire else ()


def _read_end(text: str, segments: list[Segment], readings: list[Reading]) -> list[Reading]:
    """Read what stands last as a country's code or a division anywhere, too.

    Berlin, DE may lie in Delaware; London, ON, CA does not lie in California.
    """
    if len(segments) < 2:  # noqa: PLR2004  # nothing before the end
        return readings
    *left, last = segments
    code = last.codes[0] if len(last.words) == 1 else ""
    economies = economy_codes().get(code, ()) if len(code) == _ALPHA_2 else ()
    if economies and not _ZIP.search(text):
        own = _take_division(economies, frozenset(), left, ())
        if not any((one, code) in division_codes() for one in _UNNAMED):
            end = divisions_coded(code) | set(economies)
            return [own, *(replace(one, end=end) for one in readings)]
        found, count = _name_division(left[-1], economies, at_end=True)
        if not found or count < len(left[-1].words) or len(left) == 1:
            return [*readings, replace(own, is_guess=True)]
        return [own] if left[-1].codes[0] else [replace(own, is_guess=True), *readings]
    if readings[0].economies or not (divisions := find_divisions(last.words, ())):
        return readings
    own = Reading(economies_of(divisions), divisions, tuple(left), is_guess=True)
    return [own, *(replace(one, end=divisions, end_words=last.words) for one in readings)]


def names_economy(text: str, country: str) -> bool:
    """Tell whether a text that a field of the country repeats the end of says the country itself.

    Parameters
    ----------
    text : str
        The address.
    country : str
        The field, which may be a part of the country's name.

    Returns
    -------
    bool
        Whether it does.

    Examples
    --------
    >>> names_economy("Tehran, Iran, Islamic Republic of", "Islamic Republic of")
    True
    """
    return fold(text).endswith(fold(country)) and bool(_split_address(text)[0])


def _split_address(text: str) -> tuple[tuple[str, ...], list[Segment], Words]:
    """Split an address, its country taken off the end."""
    text = turn_address(_MERSIN.sub("Northern Cyprus", text))
    return _take_economy(_join_economy(split_segments(text)))


def _take_territory(
    economies: tuple[str, ...], segments: list[Segment]
) -> tuple[tuple[str, ...], list[Segment]]:
    """Take the code of a territory off the end of an address, as in San Juan, PR."""
    code = segments[-1].codes[-1] if segments else ""
    if economies not in _CODED or code not in reach_of(economies):
        return (), segments
    left = [*segments[:-1], segments[-1].cut(1)]
    return (code,), [segment for segment in left if segment.words]


def _join_economy(segments: list[Segment]) -> list[Segment]:
    """Put the parts of a country's name together: Congo (the Democratic Republic of the)."""
    if segments and _name_economy(segments[-1], at_end=True)[0]:
        return segments
    for first in range(max(0, len(segments) - _JOINED), len(segments) - 1):
        parts = [segment.words for segment in segments[first:]]
        rest = sum(parts[1:], ())
        whole, turned = (*parts[0], *rest), (*rest, *parts[0])
        is_form = all(word in RULE_WORDS for word in rest)
        for words in (whole, turned):
            if "".join(words) in economy_names() or (is_form and read_name(words)):
                return [*segments[:first], Segment(words, ("",) * len(words))]
    return segments


def _take_economy(segments: list[Segment]) -> tuple[tuple[str, ...], list[Segment], Words]:
    """Take the country off the end of an address, and what says more exactly which part of it."""
    economies: tuple[str, ...] = ()
    country: Words = ()
    left = list(segments)
    for place in reversed(range(max(0, len(segments) - _TAIL), len(segments))):
        is_last = place >= len(segments) - 2
        found, count = _name_economy(segments[place], at_end=is_last)
        if found and (not economies or set(found) <= {*economies, *reach_of(economies)}):
            if found == economies:
                continue  # Univ Luxembourg, Luxembourg
            economies, country = found, segments[place].words[-count:]
            left[place] = segments[place].cut(count)
            before = [*segments[:place], segments[place].without(count)]
            before = [segment for segment in before if segment.words]
            territory, rest = _take_territory(found, before)
            if territory:  # San Juan, PR, USA
                return territory, rest, ()
    return economies, [segment for segment in left if segment.words], country


def _name_economy(segment: Segment, *, at_end: bool) -> tuple[tuple[str, ...], int]:
    """Find the economies that a segment names, or its last words do, and how many words."""
    size = len(segment.words)
    names = economy_names()
    if found := size > 1 and names.get(shorten_economy(segment.words)):
        return found, size
    for count in range(min(size, _NAME_WORDS), 0 if at_end else size - 1, -1):
        key = "".join(segment.words[size - count :])
        is_name = len(key) >= SHORT or not key.isascii() or segment.codes[-1]
        if is_name and key in names and (count == size or key not in _NOT_LAST):
            if _ends_division(segment.words, count, names[key]):
                break  # New Mexico
            return names[key], count
    if size == 1 and len(segment.codes[0]) == _ALPHA_3:
        return economy_codes().get(segment.codes[0], ()), 1
    return (), 0


def _ends_division(words: Words, count: int, economies: tuple[str, ...]) -> bool:
    """Tell whether the last words, which name an economy, end the name of another's division."""
    for more in range(count + 1, min(len(words), _NAME_WORDS) + 1):
        divisions = division_names().get("".join(words[-more:]), frozenset())
        if divisions and not set(economies_of(divisions)) & set(economies):
            return True
    return False


def _take_division(
    economies: tuple[str, ...], divisions: frozenset[str], segments: list[Segment], country: Words
) -> Reading:
    """Take the division off the end of an address."""
    if not divisions and "".join(country) in part_names():
        divisions = find_divisions(country, economies)
    left = list(segments)
    for place in reversed(range(max(0, len(segments) - _TAIL), len(segments))):
        at_end = place >= len(segments) - 2
        found, count = _name_division(segments[place], economies or _UNNAMED, at_end=at_end)
        whole = count == len(segments[place].words) and not any(segments[place].codes)
        is_town = segments[place].is_posted and whole
        if found and not is_town:  # CH-8093 Zurich
            left[place] = segments[place].cut(count)
            name = segments[place].words[-count:]
            kept = tuple(segment for segment in left if segment.words)
            is_end = count < len(segments[place].words) and not divisions
            behind = tuple(one.words for one in segments[place + 1 :]) if is_end else ()
            divisions = (found & divisions) or divisions or found
            economies = economies or economies_of(divisions)
            return Reading(economies, divisions, kept, (name, country), behind)
    if segments and not economies and (found := find_divisions(segments[-1].words, _EAST)):
        kept, name = tuple(segments[:-1]), segments[-1].words  # Gangnam-gu, Seoul
        return Reading(economies_of(found), found, kept, (name,))
    return Reading(economies, divisions, tuple(segments), (country,) if country else ())


def _name_division(
    segment: Segment, economies: tuple[str, ...], *, at_end: bool
) -> tuple[frozenset[str], int]:
    """Find the divisions that a segment names, or its last words do, and how many words."""
    size = len(segment.words)
    codes = division_codes()
    count = 1 if size == 1 or len(segment.words[-2]) > 1 else size  # N. J.
    code = "".join(segment.codes[size - count :])
    if found := frozenset(codes[one, code] for one in economies if (one, code) in codes):
        return found, count
    for count in range(min(size, _NAME_WORDS), 0 if at_end else size - 1, -1):
        words = segment.words[size - count :]
        if count == size or len(words[-1]) >= SHORT or not words[-1].isascii():
            found = find_divisions(words, economies)
            if found:
                return found, count
    return frozenset(), 0
