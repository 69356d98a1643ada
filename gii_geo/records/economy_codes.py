"""Which texts are codes of economies: one rule for tables and for suppliers' files."""

import re
from functools import lru_cache
from typing import Final

import pandas as pd

_ISO_3166_1: Final = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT
BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH
ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT
HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS
LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI
NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG
SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG
UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""

ECONOMY_CODES: Final = frozenset(_ISO_3166_1.split()) | {"XK"}
"""The 249 codes that ISO 3166-1 assigns, and XK (Kosovo), which the package's borders have.

Withdrawn codes (SU, DD, YU: ISO 3166-3), those of offices (EP, WO) and those that ISO leaves to
anybody (XX, ZZ) are none: they name no economy of today.
"""

SYNONYMS: Final = {"EL": "GR", "UK": "GB"}
"""What the European Union's files write, to what ISO 3166-1 does."""

_TWO_LETTERS: Final = re.compile("[A-Za-z]{2}")

_IDEOGRAPHS: Final = re.compile("[\u4e00-\u9fff\uac00-\ud7a3]{2}")
"""中国, 日本 and 한국."""

_LONGEST: Final = 100
"""Letters of a name; a longer text is none."""


def read_economy_codes(codes: pd.Series) -> pd.Series:
    """Read codes and names of economies, as ISO 3166-1 alpha-2 writes them.

    Parameters
    ----------
    codes : pandas.Series
        Texts, missing where no economy is named: codes of two or three letters, and names as the
        geocoder reads them.

    Returns
    -------
    pandas.Series
        ISO 3166-1 alpha-2 codes and XK on the same index, named "economy"; missing where the text
        names no economy of today, or several: the coordinates then tell the economy.

    Notes
    -----
    Letter case and blanks around a text do not matter; UK is GB and EL is GR.

    Examples
    --------
    >>> read_economy_codes(pd.Series(["ch", "UK", "SU", "XX", "USA", "Korea, Rep.", None])).tolist()
    ['CH', 'GB', nan, nan, 'US', 'KR', nan]
    """
    numbers, texts = pd.factorize(codes)
    known = pd.Series([read_economy_code(str(text)) for text in texts], dtype="str")
    return known.reindex(numbers).set_axis(codes.index).rename("economy")


@lru_cache(maxsize=2**12)
def read_economy_code(text: str) -> str | None:
    """Read one code or name, as `read_economy_codes` reads many.

    Parameters
    ----------
    text : str
        The code or name.

    Returns
    -------
    str or None
        The code of ISO 3166-1 alpha-2, or XK; None if no economy of today, or more than one, has
        the name.

    Examples
    --------
    >>> read_economy_code("GBR"), read_economy_code("United Kingdom"), read_economy_code("SU")
    ('GB', 'GB', None)
    """
    text = text.strip()
    if _TWO_LETTERS.fullmatch(text):
        code = SYNONYMS.get(text.upper(), text.upper())
        return code if code in ECONOMY_CODES else None
    # Two letters that only look like a code are none; two characters of Chinese are a name.
    if not (2 < len(text) <= _LONGEST or _IDEOGRAPHS.fullmatch(text)):  # noqa: PLR2004
        return None
    from gii_geo.records.geocode.names import read_economy  # noqa: PLC0415  # codes need none

    named = [code for code in read_economy(text) if code in ECONOMY_CODES]
    return named[0] if len(named) == 1 else None
