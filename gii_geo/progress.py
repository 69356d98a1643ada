"""What long work says of itself: the stage, and how far it is where that is known."""

import math
import time
from collections.abc import Callable
from typing import Any, Self

from gii_geo.ranges import show_value
from gii_geo.tables import InputError


class Stage(str):
    """A stage of the work: the text for people, which also carries its figures for machines.

    Parameters
    ----------
    text : str
        What people read.
    name : str, optional
        The stage without its figures; by default the text.
    **known : int, float or None
        Figures: rows, done, of, seconds_left; those that are None are left out.

    Examples
    --------
    >>> stage = Stage("3 of 9 draws", name="draws", done=3, of=9, seconds_left=None)
    >>> stage, stage.name, stage.known
    ('3 of 9 draws', 'draws', {'done': 3, 'of': 9})
    """

    __slots__ = ("known", "name")

    name: str
    known: dict[str, Any]

    def __new__(cls, text: str, *, name: str | None = None, **known: float | None) -> Self:
        """Make a text with figures."""
        stage = super().__new__(cls, text)
        stage.name = name or text
        stage.known = {key: value for key, value in known.items() if value is not None}
        return stage


def tell_nobody(stage: str) -> None:
    """Keep to oneself which stage begins.

    Parameters
    ----------
    stage : str
        The stage.
    """


def choose_tell(progress: Callable[[str], Any] | None) -> Callable[[str], Any]:
    """Take who is told of progress, or nobody where none is given.

    Parameters
    ----------
    progress : callable or None
        What was handed over; False is nobody, too.

    Returns
    -------
    callable
        Who is told.

    Raises
    ------
    InputError
        If it cannot be called.

    Examples
    --------
    >>> choose_tell(None) is tell_nobody
    True
    """
    tell = progress or tell_nobody
    if not callable(tell):
        msg = (
            f"Invalid progress {show_value(progress)}. Must be something to call, such as print; "
            f"found {type(progress).__name__}."
        )
        raise InputError(msg)
    return tell


class Pace:
    """How many seconds are left of equal steps, by those that are done.

    Parameters
    ----------
    of : int or None
        How many steps there are; None where nobody knows.
    """

    def __init__(self, of: int | None) -> None:
        self.of = of
        self._begun = time.monotonic()

    def left(self, done: int) -> int | None:
        """Give the seconds that are left.

        Parameters
        ----------
        done : int
            Steps done.

        Returns
        -------
        int or None
            None where it cannot be known, as before the first step is done.
        """
        if not self.of or not done:
            return None
        return math.ceil((time.monotonic() - self._begun) / done * (self.of - done))

    def tell(self, text: str, name: str, done: int, **known: float | None) -> Stage:
        """Say which step begins.

        Parameters
        ----------
        text : str
            The step, for people.
        name : str
            The stage.
        done : int
            Steps done before.
        **known : int, float or None
            Further figures.

        Returns
        -------
        Stage
            The text with the seconds left, and both as figures.
        """
        left = self.left(done)
        text += "" if left is None else f", {left:,} s left"
        known |= {"done": None if self.of is None else done, "of": self.of, "seconds_left": left}
        return Stage(text, name=name, **known)
