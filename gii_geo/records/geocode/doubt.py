"""Whether a text ends in another country than the one that a field of its own names."""

import re
from typing import Final

from gii_geo.records.geocode.names import (
    find_divisions,
    reach_of,
    read_division,
    read_economy,
    read_name,
)
from gii_geo.records.geocode.parse import Reading, read_address
from gii_geo.records.geocode.segments import Segment, Words, split_segments
from gii_geo.text import split_words

DOUBTED: Final = 0.4
"""What is left of the confidence of a place where a text and a field name two countries."""

_JOINED: Final = re.compile(
    r"\s(?:and|und|et|&|\+|[a-z]|\(?[0-9]{1,2}[.)]?)\s+(?=[A-Z])|(?<=[a-z]{4})\.\s+(?=[A-Z])"
    r"|\s[\u00b9\u00b2\u00b3\u2070-\u2079]+\s*(?=[A-Z])"
)
"""What may stand behind the country of an address, and within a name as well."""

_TOWNS: Final = re.compile(r"\s*[/&+]\s*|\s(?:and|und|et)\s", re.IGNORECASE)
"""What joins two towns in a field."""

_CODED: Final = frozenset(("ES", "IT", "MX"))
"""There a province's code of two letters stands behind a town: Milano, MI."""

_CODE: Final = 2
_NAME_WORDS: Final = 4
_BEHIND: Final = 2


def name_another(text: str, economies: tuple[str, ...]) -> Words:
    """Give the name of another country, or of a division there, that ends a text.

    Parameters
    ----------
    text : str
        An address.
    economies : tuple of str
        ISO 3166-1 alpha-2 codes that a field names.

    Returns
    -------
    tuple of str
        Its words; none where the text names one of these, too, as one of several addresses does.

    Examples
    --------
    >>> name_another("IBM Research, Zurich, Switzerland", ("US",))
    ('switzerland',)
    >>> name_another("Univ Oxford, Oxford, UK; ETH, Zurich, Switzerland", ("GB",))
    ()
    """
    if _ends_in(text, economies):
        return ()
    words = tuple(word for word in split_words(text) if not any(map(str.isdigit, word)))
    read = read_address(text, Reading())[0]
    name = next(filter(None, reversed(read.named)), ())
    if len(name) == 1 and len(name[0]) == _CODE and _CODED.intersection(economies):
        return ()
    if not name or words[-len(name) :] != name or find_divisions(name, economies):
        return ()
    tied = reach_of(economies).union(economies)
    if not tied.isdisjoint(read.economies) or not reach_of(read.economies).isdisjoint(economies):
        return ()
    return () if any(_names(segment, economies) for segment in split_segments(text)) else name


def read_abroad(text: str, economies: tuple[str, ...]) -> list[Reading]:
    """Read a text by itself, if in every way it ends in another country.

    Parameters
    ----------
    text : str
        An address.
    economies : tuple of str
        ISO 3166-1 alpha-2 codes that a field names.

    Returns
    -------
    list of Reading
        The ways; none where the text may end in one of these, or names one.

    Examples
    --------
    >>> [one.economies for one in read_abroad("MIT, Cambridge, MA, USA", ("JP",))]
    [('US',)]
    >>> read_abroad("Univ Georgia, Athens, Georgia", ("US",))
    []
    """
    segments = split_segments(text)
    if _ends_in(text, economies) or not segments:
        return []
    code = segments[-1].codes[-1]
    if len(code) == _CODE and _CODED.intersection(economies):
        return []
    tied = reach_of(economies).union(economies)
    readings = read_address(text, Reading())
    for one in readings:
        ends = {*one.economies, *(code.partition(".")[0] for code in one.end)}
        if not ends or not tied.isdisjoint(ends) or not reach_of(tuple(ends)).isdisjoint(economies):
            return []
    abroad = [one for one in readings if one.economies]
    is_last = [
        _ends_in(text, one.economies) or not set(read_economy(code)).isdisjoint(one.economies)
        for one in abroad
    ]
    is_here = any(_names(segment, economies) for segment in segments)
    return abroad if any(is_last) and not is_here else []


def _ends_in(text: str, economies: tuple[str, ...]) -> bool:
    """Tell whether a text ends in the name of an economy, as most do: this is quick."""
    words = tuple(word for word in split_words(text) if not any(map(str.isdigit, word)))
    ends = (words[-size:] for size in range(1, _NAME_WORDS + 1))
    return any(not set(read_name(end)).isdisjoint(economies) for end in ends)


def list_countries(text: str, economy: str) -> list[Words]:
    """List the names of other countries amid a text, as one of two addresses in a cell has them.

    Parameters
    ----------
    text : str
        An address.
    economy : str
        ISO 3166-1 alpha-2 code of the place that it was found in.

    Returns
    -------
    list of tuple of str
        Names that are no division of this country's, not in brackets, and with at least two names
        behind them.

    Examples
    --------
    >>> list_countries("ETH, Zurich, Switzerland / MIT, Cambridge, MA, USA", "US")
    [('switzerland',)]
    >>> list_countries("ETH, Zurich, Switzerland and MIT, Cambridge, MA, USA", "US")
    [('switzerland',)]
    >>> list_countries("1 ETH, Zurich, Switzerland 2 MIT, Cambridge, MA, USA", "US")
    [('switzerland',)]
    >>> list_countries("Georgia Tech, Atlanta, Georgia, USA", "US")
    []
    """
    own = reach_of((economy,)) | {economy}
    names = []
    *parts, last = map(split_segments, _JOINED.split(text))
    ends = [part[-1] for part in parts if part and len(last) >= _BEHIND]
    for segment in (*split_segments(text)[:-_BEHIND], *ends):
        found = () if segment.is_aside else read_name(segment.words)
        is_other = bool(found) and own.isdisjoint(found) and economy not in reach_of(found)
        if is_other and not find_divisions(segment.words, (economy,)):
            names.append(segment.words)
    return names


def list_joined(city: str) -> list[Words]:
    """List the names that a field joins, as of several towns.

    Parameters
    ----------
    city : str
        The field.

    Returns
    -------
    list of tuple of str
        Their words; one where nothing is joined.

    Examples
    --------
    >>> list_joined("Zurich/Basel"), list_joined("Munich and Hamburg"), list_joined("Bern")
    ([('zurich',), ('basel',)], [('munich',), ('hamburg',)], [('bern',)])
    """
    return [words for part in _TOWNS.split(city) if (words := tuple(split_words(part)))]


def _names(segment: Segment, economies: tuple[str, ...]) -> bool:
    """Tell whether a segment begins or ends with the name of an economy or a code there."""
    words = segment.words
    parts = [part for size in range(1, _NAME_WORDS + 1) for part in (words[:size], words[-size:])]
    return any(not set(read_name(part)).isdisjoint(economies) for part in parts) or any(
        read_division(code, economies) or not set(read_economy(code)).isdisjoint(economies)
        for code in filter(None, segment.codes)
    )
