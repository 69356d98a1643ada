"""Which parts of an address may be its town's name, and in which order they are looked for."""

from collections.abc import Iterable, Iterator
from typing import Final

from gii_geo.records.geocode.east_asia import is_county, is_district
from gii_geo.records.geocode.gazetteer import Gazetteer
from gii_geo.records.geocode.institutions import STEMS, STOP
from gii_geo.records.geocode.parse import Reading
from gii_geo.records.geocode.segments import Segment, Words

_TOWN_ENDS: Final = (
    *("abad", "berg", "borg", "bourg", "burg", "burgh", "bury", "city", "dale", "field", "ford"),
    *("grad", "ham", "haven", "heim", "ingen", "mouth", "polis", "pur", "stadt", "ton", "town"),
    *("view", "ville", "wick", "wood", "worth"),
)
_POSTED_FIRST: Final = frozenset(
    "AT BE BG CH CZ DE DK EE ES FI FR GR HR HU IS IT LI LU NL NO PL PT RO RS SE SI SK TR".split()  # noqa: SIM905
)
"""There a town's postcode stands before it; elsewhere a number may be a house's or a box's."""

_TOWN_WORDS: Final = 3

SHIRE_KM: Final = 100.0
"""How far from the town that it is called after a county reaches."""

_SHIRES: Final = {
    "GB": frozenset(
        "aberdeen antrim armagh ayr banff bedford buckingham cardigan carmarthen denbigh "  # noqa: SIM905
        "dumbarton durham flint hertford huntingdon inverness lanark londonderry monmouth nairn "
        "peebles pembroke perth renfrew selkirk stafford stirling warwick worcester".split()
    ),
    "IE": frozenset(
        "carlow cavan cork donegal galway kildare kilkenny limerick longford louth monaghan "  # noqa: SIM905
        "roscommon sligo tipperary waterford wexford wicklow".split()
    ),
}
"""Towns that counties are called after, which addresses write so behind their towns."""


def order_names(reading: Reading, *, shouts: bool) -> Iterator[Words]:
    """Give the names of an address that may be its town's, the likeliest first.

    What has a postcode before it comes first, and then what stands nearer to the end; what says
    more of a name stands behind it.

    Parameters
    ----------
    reading : Reading
        How the address was read.
    shouts : bool
        Whether it is all in capitals, none of which is an abbreviation then.

    Yields
    ------
    tuple of str
        Words.

    Examples
    --------
    >>> from gii_geo.records.geocode.parse import read_address
    >>> reading = read_address("F-86022 Poitiers, Vienne, France", Reading())[0]
    >>> list(order_names(reading, shouts=False))
    [('poitiers',), ('vienne',)]
    """
    order = [
        (segment, reading.segments[place - 1] if place else segment)
        for place, segment in reversed(list(enumerate(reading.segments)))
    ]
    if _POSTED_FIRST & set(reading.economies):
        order.sort(key=lambda pair: not pair[pair[0].says_more].is_posted)
    for segment, before in order:
        if segment.says_more and before.place == segment.place - 1:
            yield from (before.words + segment.words, before.words)
        if _may_name(segment, shouts=shouts) and not is_county(segment.words, reading.economies):
            yield segment.words


def is_shire(words: Words, economies: Iterable[str]) -> bool:
    """Tell whether a name is a county's, too: Lanark behind Glasgow, Kildare behind Maynooth.

    Parameters
    ----------
    words : tuple of str
        The name.
    economies : iterable of str
        Where it is, ISO 3166-1 alpha-2.

    Returns
    -------
    bool
        Whether it is.

    Examples
    --------
    >>> is_shire(("lanark",), ["GB"]), is_shire(("glasgow",), ["GB"])
    (True, False)
    """
    return len(words) == 1 and any(words[0] in _SHIRES.get(one, ()) for one in economies)


def _may_name(segment: Segment, *, shouts: bool) -> bool:
    """Tell whether a segment may be a city's name, and not an abbreviation or a common word."""
    if len(segment.words) > 1:
        return True
    return segment.words[0] not in STOP and (shouts or not segment.codes[0])


def is_town(segment: Segment, where: Reading, gazetteer: Gazetteer) -> bool:
    """Tell whether a segment is likely a town's name, and not an institution's or a district's.

    An address begins with an institution, unless it begins as towns do.

    Parameters
    ----------
    segment : Segment
        What stands between two commas.
    where : Reading
        How its address was read.
    gazetteer : Gazetteer
        The places.

    Returns
    -------
    bool
        Whether it is.
    """
    words = segment.words
    if segment.is_aside or len(words) > _TOWN_WORDS or any(segment.codes):
        return False
    if any(word in STOP or word.startswith(STEMS) for word in words):
        return False
    if is_district(words, where.economies):
        return False
    if segment.place == 0 and not words[-1].endswith(_TOWN_ENDS):
        rows = [code >> 1 for code in gazetteer.find("".join(words))]
        return any(gazetteer.economies[row] in where.economies for row in rows)
    return True
