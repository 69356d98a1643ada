"""What an address says of elsewhere: a postcode overseas, a state of another country."""

import re
from typing import Final

from gii_geo.records.geocode.names import divisions_coded, find_divisions
from gii_geo.text import split_words

_STATED: Final = ("AU", "CA", "GB", "IN", "PK", "US")
"""Their states, written beside another country, are no provinces there of the same name."""

_CODED: Final = frozenset(("CA", "US"))
"""One's codes of states are no codes of the other's."""

_LETTERS: Final = 4
"""Shorter names of states are codes."""

_OVERSEAS: Final = {
    "971": ("GP",),
    "972": ("MQ",),
    "973": ("GF",),
    "974": ("RE",),
    "975": ("PM",),
    "976": ("YT",),
    "977": ("RE", "BL"),  # large receivers on Réunion, and Saint-Barthélemy
    "978": ("MF",),
    "986": ("WF",),
    "987": ("PF",),
    "988": ("NC",),
}
"""What postcodes of France begin with overseas (La Poste)."""

_POST: Final = re.compile(r"(?:^|[,;(])\s*(?:F[ -]?)?(97[1-8]|98[678])\d\d\s+[^\W\d]")
"""A postcode before a town: a number of a box or a street's stands elsewhere."""


def go_overseas(economies: tuple[str, ...], text: str, division: str = "") -> tuple[str, ...]:
    """Give the department that a French postcode lies in, where it is overseas.

    Parameters
    ----------
    economies : tuple of str
        ISO 3166-1 alpha-2 codes that are named.
    text : str
        An address or a city, with its postcode.
    division : str, default ""
        A field of its own, which may hold a department's number.

    Returns
    -------
    tuple of str
        The economies, or those that are meant.

    Examples
    --------
    >>> go_overseas(("FR",), "F-97490 St Denis"), go_overseas(("FR",), "F-93200 St Denis")
    (('RE',), ('FR',))
    """
    if economies != ("FR",):
        return economies
    post = _POST.search(text)
    return _OVERSEAS.get(post[1] if post else division, economies)


def find_abroad(division: str, economies: tuple[str, ...]) -> frozenset[str]:
    """Find the states of other countries that a division's field names.

    Parameters
    ----------
    division : str
        The field.
    economies : tuple of str
        ISO 3166-1 alpha-2 codes that are named, in none of which there is such a division.

    Returns
    -------
    frozenset of str
        Divisions such as US.WA.

    Examples
    --------
    >>> find_abroad("WA", ("CA",)), find_abroad("Texas", ("FR",)), find_abroad("MI", ("IT",))
    (frozenset({'US.WA'}), frozenset({'US.TX'}), frozenset())
    """
    words = tuple(split_words(division))
    found = find_divisions(words, _STATED) if len("".join(words)) >= _LETTERS else frozenset()
    code = division.replace(".", "").strip().upper()
    if economies and _CODED.issuperset(economies) and code not in economies:
        found |= {one for one in divisions_coded(code) if one.split(".")[0] in _CODED}
    return frozenset(one for one in found if one.split(".")[0] not in economies)
