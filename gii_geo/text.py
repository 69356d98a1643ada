"""Names and addresses as people write them -> words, and the keys that names are looked up by."""

import html
import re
import unicodedata
from typing import Final

COMPASS: Final = {
    "n": "north",
    "no": "north",
    "s": "south",
    "so": "south",
    "e": "east",
    "w": "west",
}
"""Points of the compass as addresses abbreviate them."""

_LETTERS: Final = str.maketrans(
    "øđðłħıŧ",
    "oddlhit",
    "'’‘ʻʼ`´.·",  # noqa: RUF001
) | str.maketrans({"æ": "ae", "œ": "oe", "þ": "th", "&": " and "})
"""Letters that Unicode does not take apart, and marks that stand inside a word."""

_SAME: Final = {
    "saint": "st",
    "sankt": "st",
    "sint": "st",
    "sainte": "ste",
    "mount": "mt",
    "fort": "ft",
    "centre": "center",
    "ctr": "center",
    "hts": "heights",
    "spgs": "springs",
    "jct": "junction",
    "bch": "beach",
    "pk": "park",
    "stn": "station",
}
"""Words that addresses write in two ways."""

_LEADING: Final = frozenset(
    "city town village municipality province state county region district prefecture department "  # noqa: SIM905
    "canton commune ville stadt landkreis kreis provincia greater metropolitan of de di the".split()
)
_TRAILING: Final = frozenset(
    "city town township twp village county province prefecture prefectural state region district "  # noqa: SIM905
    "municipality oblast krai kray republic governorate department borough metropolitan area cedex "
    "shi si ku gu gun do ken fu to cho machi hsien xian shih sheng qu dong municipal".split()
)
"""Words that say what kind of place a name is."""

DIVISIONS: Final = frozenset(
    "province prefecture oblast krai kray governorate canton ken do".split()  # noqa: SIM905
)
"""Words after a name that make it a region's, never a city's."""

ENTITY: Final = (
    "&(amp|quot|apos|lt|gt|nbsp|szlig|[ao]elig|#[0-9]+|#x[0-9A-Fa-f]+|"
    "[A-Za-z](?:uml|acute|grave|circ|tilde|cedil|ring|slash|caron));"
)
"""What a web page writes for a letter; its semicolon parts nothing."""

_AMPERSAND: Final = re.compile("&(?:amp;)+")  # and one that read another's page
_ENTITY: Final = re.compile(ENTITY)
_MARKS: Final = re.compile("[\u0300-\u036f]+")
_WORD: Final = re.compile(r"[^\W_]+")


def spell(text: str) -> str:
    """Spell a text one way: letters in one with their marks, and HTML's names of letters read.

    Parameters
    ----------
    text : str
        As it is written.

    Returns
    -------
    str
        Unicode's form C.

    Examples
    --------
    >>> spell("Zu\u0308rich &amp; Z&uuml;rich")
    'Zürich & Zürich'
    """
    text = unicodedata.normalize("NFC", text)
    if "&" in text:
        text = _AMPERSAND.sub("&", text)
        text = _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)
    return text


def split_words(text: str) -> list[str]:
    """Split a text into lower-case words without diacritics.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    list of str
        Its words of letters and digits; those that addresses write in two ways in one spelling.

    Examples
    --------
    >>> split_words("Saint-Étienne & Xi'an")
    ['st', 'etienne', 'and', 'xian']
    """
    return [_SAME.get(word, word) for word in _WORD.findall(_flatten(text))]


def fold(text: str) -> str:
    """Give the key of a name: its words without the spaces between them.

    Parameters
    ----------
    text : str
        A name.

    Returns
    -------
    str
        The same for "Hsin-Chu" and "Hsinchu", "Sankt Gallen" and "St. Gallen".

    Examples
    --------
    >>> fold("Hsin-Chu"), fold("Sankt Gallen")
    ('hsinchu', 'stgallen')
    """
    text = _flatten(text)
    if text.isalnum():  # one word, as most of the gazetteer's million names
        return _SAME.get(text, text)
    return "".join([_SAME.get(word, word) for word in _WORD.findall(text)])


def _flatten(text: str) -> str:
    """Write a text in small letters without diacritics and without marks inside words."""
    if text.isascii():
        text = text.lower()
        return text if text.isalpha() else text.translate(_LETTERS)
    text = text.casefold().translate(_LETTERS)
    return text if text.isascii() else _MARKS.sub("", unicodedata.normalize("NFKD", text))


def shorten(words: tuple[str, ...]) -> tuple[str, ...]:
    """Leave out the words that say what kind of place a name is, at both its ends.

    Parameters
    ----------
    words : tuple of str
        The words of a name.

    Returns
    -------
    tuple of str
        At least one of them.

    Examples
    --------
    >>> shorten(("city", "of", "suwon", "si")), shorten(("yaroslavl", "oblast"))
    (('suwon',), ('yaroslavl',))
    """
    first, last = 0, len(words)
    while last - first > 1 and words[last - 1] in _TRAILING:
        last -= 1
    while last - first > 1 and words[first] in _LEADING:
        first += 1
    return words[first:last]
