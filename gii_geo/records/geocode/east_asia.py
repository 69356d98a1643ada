"""Chinese, Japanese and Korean addresses -> the order of all others, the country last."""

import re
import unicodedata
from functools import cache
from typing import Final

from gii_geo.records.geocode.names import native_divisions
from gii_geo.text import fold

_EAST: Final = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_COUNTRY: Final = {
    "CN": re.compile("中华人民共和国|中華人民共和國|中国|中國"),
    "JP": re.compile("日本国|日本"),
    "KR": re.compile("대한민국|한국"),
}
_NAMED: Final = {"CN": "中国", "JP": "日本", "KR": "대한민국"}
_FULL: Final = tuple("省市区都道府県도시")
"""How the full names of divisions end; shorter ones need a city or a district behind them."""

_SHORT: Final = {
    "CN": ("北京", "上海", "天津", "重庆", "重慶"),
    "JP": (),
    "KR": ("서울", "부산", "대구", "인천", "대전", "울산", "광주"),
}
"""Divisions that are cities, as they are called for short."""

_UNITS: Final = re.compile(
    r"[\s,]*((?:[\u3040-\u30ff\u3400-\u9fff]{1,7}?(?:自治[州县縣]|地区|[市区區县縣郡町村旗盟州]))"
    r"|(?:[\uac00-\ud7af]{1,8}?(?:특례시|[시군구])(?![\uac00-\ud7af])))"
)
"""A city, a district: what the name of a division is followed by."""

_DISTRICT_ECONOMIES: Final = frozenset(("CN", "HK", "JP", "KR", "TW"))
_DISTRICTS: Final = frozenset(("dist", "district", "gu", "ku", "qu", "ward"))
_DISTRICT_ENDS: Final = tuple(fold(one) for one in ("区", "區", "县", "縣", "町", "村", "구", "군"))


def is_district(words: tuple[str, ...], economies: tuple[str, ...]) -> bool:
    """Tell whether words name a district of an East Asian city.

    Parameters
    ----------
    words, economies : tuple of str
        The words of a name, and where it may lie.

    Returns
    -------
    bool
        True for Nanshan District and Gangnam-gu.

    Examples
    --------
    >>> is_district(("gangnam", "gu"), ("KR",)), is_district(("lake", "district"), ("GB",))
    (True, False)
    """
    is_east = not _DISTRICT_ECONOMIES.isdisjoint(economies)
    return is_east and (words[-1] in _DISTRICTS or words[-1].endswith(_DISTRICT_ENDS))


def is_county(words: tuple[str, ...], economies: tuple[str, ...]) -> bool:
    """Tell whether words name a Japanese county, which seldom holds the town of its name.

    Aki-gun holds the towns around Hiroshima; Aki is 160 km away.

    Parameters
    ----------
    words, economies : tuple of str
        The words of a name, and where it may lie.

    Returns
    -------
    bool
        True for Aki-gun.

    Examples
    --------
    >>> is_county(("aki", "gun"), ("JP",)), is_county(("yeongdong", "gun"), ("KR",))
    (True, False)
    """
    return words[-1] == "gun" and "JP" in economies


def turn_address(text: str) -> str:
    """Put the division, the city and the district of an East Asian address behind the rest.

    Parameters
    ----------
    text : str
        An address.

    Returns
    -------
    str
        The address, from the smallest to the largest, or as it is where nothing is to be turned.

    Examples
    --------
    >>> turn_address("广东省深圳市南山区科技园1号")
    '科技园1号, 南山区, 深圳市, 广东省, 中国'
    >>> turn_address("〒100-0001 東京都千代田区丸の内1-1")
    '〒100-0001, 丸の内1-1, 千代田区, 東京都, 日本'
    >>> turn_address("서울특별시 강남구 테헤란로 1")
    '테헤란로 1, 강남구, 서울특별시, 대한민국'
    """
    if text.isascii() or not _EAST.search(text):
        return text
    text = unicodedata.normalize("NFKC", text)
    found = _division().search(text)
    if found is None:
        return _turn_city(text)
    economy = found.lastgroup or ""
    units, end = _take_units(text, found.end())
    rest = _COUNTRY[economy].sub(" ", f"{text[: found.start()]},{text[end:]}")
    return _join(rest, units, found[economy], _NAMED[economy])


def _turn_city(text: str) -> str:
    """Turn an address that begins with a city."""
    units, end = _take_units(text, 0)
    return _join(text[end:], units) if len(units) > 1 else text


def _take_units(text: str, first: int) -> tuple[list[str], int]:
    """Take cities and districts, one behind the other."""
    units = []
    while unit := _UNITS.match(text, first):
        units.append(unit[1])
        first = unit.end()
    return units, first


def _join(rest: str, units: list[str], *largest: str) -> str:
    """Join the parts that say something, the largest last."""
    parts = [part.strip() for part in rest.split(",")]
    return ", ".join(filter(None, (*parts, *reversed(units), *largest)))


@cache
def _division() -> re.Pattern[str]:
    """Find a division: by its full name, or by a short one with a city or a district behind it."""
    groups = []
    for economy in _COUNTRY:
        names = [*native_divisions(economy), *_SHORT[economy]]
        names.sort(key=lambda name: (-len(name), name))
        forms = [n if n.endswith(_FULL) else f"{n}(?={_UNITS.pattern})" for n in names]
        groups.append(f"(?P<{economy}>{'|'.join(forms)})")
    return re.compile(f"(?:{'|'.join(groups)})(?!立)")
