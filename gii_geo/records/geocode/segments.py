"""An address as it is written -> what stands between its commas, as words."""

import html
import re
from typing import Final, NamedTuple

from gii_geo.records.geocode.names import STATE_FORMS
from gii_geo.text import split_words

Words = tuple[str, ...]

_SEPARATOR: Final = re.compile(
    r"([,;|/()\[\]{}<>\n\t\r:，、；（）]+|\s[-–—]+\s|(?<=[a-z])\.(?=[A-Z])"  # noqa: RUF001
    r"|(?<=[^\W\d_]{4})[-–](?=\d{4}))"  # Bangalore-560012
)
_NOISE: Final = re.compile(r"#\w+#|\{[^}]*\}\s*@\s*\S+|\S+@\S+|(?i:\be-?mails?\b)")
UK_POSTCODE: Final = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b")

_POSTED: Final = re.compile(rf"{UK_POSTCODE.pattern}|^\s*([A-Z]{{1,3}}-)?\d{{4,8}}\s+[^\W\d]")
"""A town with its postcode: a county of another town's name may follow, a division has none."""

_POINTED: Final = re.compile(r"[A-Z][a-z]\.")
"""Such as Ga. and Va., by itself: the code of a state as it was written before 1963."""

_POSTCODE: Final = 4
"""Fewer digits by themselves are a house's number."""

SHORT: Final = 4
"""Capitals of at most so many letters may be a code."""


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
                is_code = len(new) == 1 and len(plain) <= SHORT and plain.isupper()
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
