"""Which two letters are an economy."""

import re
from typing import Final

import pandas as pd

_ALPHA_2: Final = re.compile("[A-Z]{2}")


def read_economy_codes(codes: pd.Series) -> pd.Series:
    """Keep economies that are two capital letters, as ISO 3166-1 alpha-2 codes are.

    Parameters
    ----------
    codes : pandas.Series
        Texts, missing where no economy is named.

    Returns
    -------
    pandas.Series
        The codes, missing where the text is something else.

    Examples
    --------
    >>> read_economy_codes(pd.Series(["CH", "USA", None])).tolist()
    ['CH', nan, nan]
    """
    numbers, words = pd.factorize(codes)
    known = pd.Series([word if _ALPHA_2.fullmatch(word) else None for word in words], dtype="str")
    taken = known.reindex(numbers)
    return taken.set_axis(codes.index).rename("economy")
