"""The ways to read a name in an address, and how sure each leaves its place."""

from typing import Final, NamedTuple

LEAST_PEOPLE: Final = 500
"""GeoNames cities500 lists no smaller places but seats of government of unknown population."""


class Way(NamedTuple):
    """A way to read a name: the confidence it leaves, and the places it is good enough for.

    A name is whole where nothing else stands between its commas.
    """

    confidence: float
    least_people: int = 0
    first_names_only: bool = True
    is_whole: bool = False


WHOLE: Final = Way(1.0, first_names_only=False, is_whole=True)
"""What stands between two commas is the name."""

NAMED: Final = Way(0.9, is_whole=True)
"""The name of the division or of the country is taken for its city: Beijing, Singapore."""

ELSEWHERE: Final = Way(0.9, least_people=15_000, first_names_only=False, is_whole=True)
"""A town behind an institution that has the name of another division: Univ Hamburg, Bremerhaven."""

PART: Final = Way(0.7, least_people=1_000)
"""The last words between two commas are the name: "Dept Urol Kunming"."""

SEAT: Final = Way(0.7, least_people=15_000)
"""The town that a university is called after, where only the division is named besides."""

MISSPELT: Final = Way(0.7, least_people=50_000)
MISSPELT_NEARBY: Final = Way(0.7, least_people=LEAST_PEOPLE)
"""A name is a few letters off. Within a country it must be a city's: a small town that the
gazetteer lacks is likelier than one misspelt."""

INNER: Final = Way(0.5, least_people=15_000)
"""The name stands among the words of an institution: "Kyoto Univ"."""
