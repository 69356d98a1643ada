"""What the Web of Science files under the social sciences, the arts and the humanities."""

from typing import Final

_RESEARCH_AREAS: Final = """
Archaeology; Area Studies; Biomedical Social Sciences; Business & Economics; Communication;
Criminology & Penology; Cultural Studies; Demography; Development Studies;
Education & Educational Research; Ethnic Studies; Family Studies; Geography; Government & Law;
International Relations; Linguistics; Mathematical Methods In Social Sciences; Psychology;
Public Administration; Social Issues; Social Sciences - Other Topics; Social Work; Sociology;
Urban Studies; Women's Studies;
Architecture; Art; Arts & Humanities - Other Topics; Asian Studies; Classics; Dance;
Film, Radio & Television; History; Literature; Music; Philosophy; Religion; Theater
"""
"""The broad areas Social Sciences and Arts & Humanities of the help page "Research Areas".

History & Philosophy of Science is left out of the list: the Science Citation Index covers it.
"""

_CATEGORIES: Final = """
Anthropology; Archaeology; Area Studies; Business; Business, Finance; Communication;
Criminology & Penology; Cultural Studies; Demography; Development Studies; Economics;
Education & Educational Research; Education, Special; Environmental Studies; Ethics; Ethnic Studies;
Family Studies; Geography; Health Policy & Services; History Of Social Sciences;
Hospitality, Leisure, Sport & Tourism; Industrial Relations & Labor;
Information Science & Library Science; International Relations; Language & Linguistics; Law;
Linguistics; Management; Planning & Development; Political Science; Psychology, Applied;
Psychology, Biological; Psychology, Clinical; Psychology, Developmental; Psychology, Educational;
Psychology, Experimental; Psychology, Mathematical; Psychology, Multidisciplinary;
Psychology, Psychoanalysis; Psychology, Social; Public Administration; Regional & Urban Planning;
Social Issues; Social Sciences, Biomedical; Social Sciences, Interdisciplinary;
Social Sciences, Mathematical Methods; Social Work; Sociology; Transportation; Urban Studies;
Women's Studies;
Architecture; Art; Asian Studies; Classics; Dance; Film, Radio, Television; Folklore; History;
Humanities, Multidisciplinary; Literary Reviews; Literary Theory & Criticism; Literature;
Literature, African, Australian, Canadian; Literature, American; Literature, British Isles;
Literature, German, Dutch, Scandinavian; Literature, Romance; Literature, Slavic;
Medieval & Renaissance Studies; Music; Philosophy; Poetry; Religion; Theater
"""
"""The Web of Science categories that the Science Citation Index Expanded does not cover."""


def _read_names(names: str) -> frozenset[str]:
    """Read names parted by semicolons, in lower case."""
    return frozenset(" ".join(name.split()).lower() for name in names.split(";"))


OTHER_AREAS: Final = _read_names(_RESEARCH_AREAS)
"""Research areas (SC) that are neither science nor technology, in lower case."""

OTHER_CATEGORIES: Final = _read_names(_CATEGORIES)
"""Categories (WC) that are neither science nor technology, in lower case."""
