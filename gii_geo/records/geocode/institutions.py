"""The words of institutions, and the towns that universities are called after."""

from collections.abc import Iterator
from typing import Final

from gii_geo.records.geocode.segments import Words

STEMS: Final = tuple(
    "acad administ agen agric akad assoc astron beratung biolog campus cent chemi clin coll "  # noqa: SIM905
    "commiss corp council dept div ecol econom educat engin environ fac fak fond found geolog "
    "gesellschaft govern group grp health histor hop hosp inst klin kranken lab librar mathem "
    "medic minist mus nation obs pharm physic polit polytech prov res sch scien serv soc "
    "statist tech univ veterin zoolog".split()
)
"""How words of institutions begin, in several languages and as Web of Science cuts them."""

STOP: Final = frozenset(
    "a academia academy academic advanced affiliated an and apartado applied areas arts asia "  # noqa: SIM905
    "associates association ave avenue basic biology bldg block board box branch bridge "
    "building business campus casilla cedex center central centro chemistry clinic co coll "
    "college company computer computing corp corporation council d das de del department "
    "departamento departement dept der des development di die digital dipartimento direct "
    "division do du e east eastern ecole economics education electric electrical electronics "
    "energy engineering engn environmental escola escuela estate et europe exp experimental "
    "faculdade faculte facultad faculty fax federal first floor for foundation fundamental "
    "general genetics geology gmbh group hall health hochschule home hospital house il in inc "
    "industrial industries industry information inst institut institute instituto "
    "interdisciplinary international intl istituto joint key la lab laboratoire laboratories "
    "laboratory labs lane le library life limited llc ltd mail main management marine "
    "materials mathematics mech mechanical med medical medicine mining mobile molecular "
    "museum national natl natural new normal north northern nuclear of office open park "
    "physics planck po point polytechnic princess program programme project public quantum "
    "real regional research road room royal rural s school sch sci science sciences second "
    "section sector service services social society software south southern special sq st "
    "state station street studies systems system team tech technical technol technologies "
    "technology telecommunications the theoretical third tower union unit universal "
    "universidad universidade universita universitas universitat universite universiteit "
    "university univ uni united van von ward water west western world young".split()
)
"""Words of institutions and streets; some are names of towns, too."""

_UNIVERSITY: Final = "univ"
_OF: Final = frozenset("a at da de del di do du en in of zu".split())  # noqa: SIM905
_TOWN_WORDS: Final = 4
_PEOPLE: Final = frozenset(("laval",))
"""Whom a university is called after, in the division of a town that is called so, too."""


def list_seats(words: Words) -> Iterator[Words]:
    """List the names of towns that a university is called after, the likeliest first.

    Parameters
    ----------
    words : tuple of str
        The words of an institution's name.

    Yields
    ------
    tuple of str
        What follows "University of", ends its name behind such a word or stands before University,
        the longest first; nothing of an institution that is no university.

    Examples
    --------
    >>> list(list_seats(("universite", "de", "montreal")))
    [('montreal',)]
    >>> list(list_seats(("kurume", "university", "school")))
    [('kurume',)]
    >>> list(list_seats(("hospital", "of", "mount", "sinai")))
    []
    """
    place = next((at for at, one in enumerate(words) if one.startswith(_UNIVERSITY)), None)
    if place is None:
        return
    behind, sizes = words[place + 1 :], range(_TOWN_WORDS, 0, -1)
    seats = [behind[-size:] for size in sizes if _OF.intersection(behind[-size - 1 : -size])]
    if behind and behind[0] in _OF:
        seats += [behind[1 : 1 + size] for size in sizes if size < len(behind)]
    seats += [words[place - size : place] for size in sizes if size <= place]
    yield from (seat for seat in dict.fromkeys(seats) if seat[0] not in _PEOPLE)
