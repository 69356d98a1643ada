"""What callers hand over: refused at the door where it is of another type."""

from gii_geo.ranges import check_given
from gii_geo.settings import Settings


def take_settings(settings: Settings | None) -> Settings:
    """Take the settings of a question, or the usual ones where none are given.

    Parameters
    ----------
    settings : Settings or None
        What was handed over.

    Returns
    -------
    Settings
        The settings.

    Raises
    ------
    TypeError
        If it is something else, such as a mapping.

    Examples
    --------
    >>> take_settings(None) == Settings()
    True
    """
    if settings is None:
        return Settings()
    must = "be Settings, such as Settings(radius_km=3)"
    check_given("settings", settings, Settings, must=must)
    return settings


def check_result(result: object, *, name: str = "result") -> None:
    """Refuse what is no result of a question.

    Parameters
    ----------
    result : object
        What was handed over.
    name : str, default "result"
        What the message calls it.

    Raises
    ------
    TypeError
        If it is something else, such as its table of regions.

    Examples
    --------
    >>> check_result(None)
    Traceback (most recent call last):
    TypeError: Invalid result. Must be a Result, such as find_regions gives; found NoneType.
    """
    from gii_geo.answer import Answer  # noqa: PLC0415  # it is made of what asks here

    check_given(name, result, Answer, must="be a Result, such as find_regions gives")
