"""A look at how files begin, for a rehearsal: their readers are given no more of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

PEEK_BYTES: Final = 2**18
"""How much of a file is given."""

_is_peeking: Final = ContextVar("is_peeking", default=False)


@contextmanager
def peeking() -> Iterator[None]:
    """Give no more of each file than how it begins, to see whether it would be read.

    Yields
    ------
    None
        While only so much is given.
    """
    token = _is_peeking.set(True)
    try:
        yield
    finally:
        _is_peeking.reset(token)


def is_peeking() -> bool:
    """Tell whether no more of each file is given than how it begins.

    Returns
    -------
    bool
        True within `peeking`.

    Examples
    --------
    >>> is_peeking()
    False
    """
    return _is_peeking.get()
