"""An address as it is written -> the country and division it names, and the rest as segments."""

import html
import re
from dataclasses import dataclass
from typing import Final, NamedTuple

from gii_geo.records.geocode.east_asia import turn_address
from gii_geo.records.geocode.names import (
    RULE_WORDS,
    STATE_FORMS,
    division_codes,
    division_names,
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
from gii_geo.text import fold, split_words

Words = tuple[str, ...]

_SEPARATOR: Final = re.compile(
    r"([,;|/()\[\]{}<>\n\t\r:，、；（）]+|\s[-–—]+\s|(?<=[a-z])\.(?=[A-Z])"  # noqa: RUF001
    r"|(?<=[^\W\d_]{4})[-–](?=\d{4}))"  # Bangalore-560012
)
_NOISE: Final = re.compile(r"#\w+#|\{[^}]*\}\s*@\s*\S+|\S+@\S+|(?i:\be-?mails?\b)")
_UK_POSTCODE: Final = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b")

_POSTED: Final = re.compile(rf"{_UK_POSTCODE.pattern}|^\s*([A-Z]{{1,3}}-)?\d{{4,8}}\s+[^\W\d]")
"""A town with its postcode: a county of another town's name may follow, a division has none."""

_POINTED: Final = re.compile(r"[A-Z][a-z]\.")
"""Such as Ga. and Va., by itself: the code of a state as it was written before 1963."""

_POSTCODE: Final = 4
"""Fewer digits by themselves are a house's number."""

_SHORT: Final = 4
"""Capitals of at most so many letters may be a code."""

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

_MERSIN: Final = re.compile(r"(?i:\b(?:via\s+)?mersin[\s-]*10\b)")
"""Post to Northern Cyprus goes by way of this number of a Turkish town."""

_EAST: Final = ("CN", "JP", "KR")
"""Addresses that end in the name of a division there need no country."""

_NOT_LAST: Final = frozenset(("island", "salvador"))
"""Countries' names (Iceland's in German, El Salvador's in French) that end other names."""


class Segment(NamedTuple):
    """What stands between two commas: folded words, and those that are short capitals.

    A segment is an aside, and no town's name, if it stands in brackets, has the number of a house
    or is an acronym; `place` is its number in the text, those without words counted. It
    is posted if it has a British postcode, which stands behind a town, or begins with one, and
    says more of the one before if it is in brackets or behind a slash, as in Frankfurt (Oder).
    """

    words: Words
    codes: Words
    is_aside: bool = False
    place: int = 0
    is_posted: bool = False
    says_more: bool = False

    def without(self, count: int) -> "Segment":
        """Leave out the last words."""
        kept = len(self.words) - count
        return self._replace(words=self.words[:kept], codes=self.codes[:kept])

    def cut(self, count: int) -> "Segment":
        """Leave out the last words, and those before them that belong to a country's name."""
        kept = len(self.words) - count
        while kept and (
            self.words[kept - 1] in STATE_FORMS
            or self.words[kept - 1 : kept + 1] == ("province", "of")  # Taiwan, Province of China
        ):
            kept -= 1
        return self.without(len(self.words) - kept)


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
    """

    economies: tuple[str, ...] = ()
    divisions: frozenset[str] = frozenset()
    segments: tuple[Segment, ...] = ()
    named: tuple[Words, ...] = ()
    behind: tuple[Words, ...] = ()


def split_segments(text: str) -> list[Segment]:
    """Split a text at its separators; words with digits (postcodes, streets) are left out.

    Parameters
    ----------
    text : str
        An address or a part of one.

    Returns
    -------
    list of Segment
        Those that have a word.

    Examples
    --------
    >>> [" ".join(segment.words) for segment in split_segments("Dept Phys, Oxford OX1 3PU, UK")]
    ['dept phys', 'oxford', 'uk']
    """
    segments: list[Segment] = []
    if not text:
        return segments
    parts = _SEPARATOR.split(_NOISE.sub(" ", html.unescape(text)))
    depth = 0
    for place, (mark, part) in enumerate(zip(("", *parts[1::2]), parts[::2], strict=True)):
        depth = max(0, depth + mark.count("(") - mark.count(")"))
        words: list[str] = []
        codes: list[str] = []
        chunks = part.split()
        is_aside = depth > 0 or _is_aside(chunks)
        for chunk in chunks:
            if chunk.isalpha() or not any(letter.isdigit() for letter in chunk):
                new = split_words(chunk)
                plain = chunk.replace(".", "").strip("'\"-")
                is_code = len(new) == 1 and len(plain) <= _SHORT and plain.isupper()
                words += new
                codes += [plain if is_code else ""] * len(new)
        if len(words) == 1 and _POINTED.fullmatch(chunks[0]):
            codes = [words[0].upper()]
        if words:
            is_posted = _POSTED.search(part) is not None
            more = "(" in mark or mark == "/"
            segments.append(Segment(tuple(words), tuple(codes), is_aside, place, is_posted, more))
    return segments


def _is_aside(chunks: list[str]) -> bool:
    """Tell whether words are those of a street, by its number, or an acronym."""
    if len(chunks) == 1:
        return len(chunks[0]) > 1 and chunks[0].isupper() and chunks[0].isascii()
    return any(chunk.isdigit() and len(chunk) < _POSTCODE for chunk in chunks)


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
    economies = read_economy(country)
    divisions = frozenset[str]()
    if country and (not economies or "".join(split_words(country)) in part_names()):
        divisions = read_division(country, economies)  # England, or Texas as a country
        economies = economies or economies_of(divisions)
        if not economies:
            return None
    segments = tuple(split_segments(turn_address(city)))
    if division and (also := set(read_economy(division)) & reach_of(economies)):
        return Reading(tuple(also), frozenset(), segments)
    named: tuple[Words, ...] = ()
    if division and (found := read_division(division, economies)):
        divisions, named = found, (tuple(split_words(division)),)
    return Reading(economies or economies_of(divisions), divisions, segments, named)


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
    if given.economies:
        if not economies:
            economies, segments = _take_territory(given.economies, segments)
        is_narrower = bool(economies) and set(economies) <= reach_of(given.economies)
        if given.divisions or not is_narrower:
            economies = given.economies
    elif not economies and _UK_POSTCODE.search(text):
        economies = ("GB",)
    if economies == ("GB",):
        segments.sort(key=lambda segment: segment.is_posted)  # Glasgow G12 8QQ, Lanark, Scotland
    readings = [_take_division(economies, given.divisions, segments, country)]
    others = set(economies_of(division_names().get("".join(country), frozenset())))
    if country and not given.economies and not others & set(economies):
        divisions = find_divisions(country, tuple(others))
        readings += (
            [Reading(economies_of(divisions), divisions, tuple(segments))] if divisions else []
        )
    return readings


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
        is_name = len(key) >= _SHORT or not key.isascii() or segment.codes[-1]
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
        if count == size or len(words[-1]) >= _SHORT or not words[-1].isascii():
            found = find_divisions(words, economies)
            if found:
                return found, count
    return frozenset(), 0
