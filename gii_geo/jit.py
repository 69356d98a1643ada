"""Compile a kernel once, keep it on disk, and say so while it takes its seconds."""

import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import numba
from numba.core import event

LOGGER: Final = logging.getLogger("gii_geo")

_OPTIONS: Final[dict[str, Any]] = {"error_model": "numpy", "no_cfunc_wrapper": True}

_BARE: Final[dict[str, Any]] = {**_OPTIONS, "no_cpython_wrapper": True, "_nrt": False}

_REGIONS: Final = Path(__file__).with_name("regions")

_KERNELS: Final = ("gap", "sums", "touch")

_Function = TypeVar("_Function", bound=Callable[..., Any])


def _stamp_sources(paths: Iterable[Path]) -> tuple[tuple[str, float, int], ...]:
    """Tell files' versions apart."""
    return tuple((path.name, path.stat().st_mtime, path.stat().st_size) for path in sorted(paths))


_SOURCES: Final = _stamp_sources(
    [
        Path(__file__),
        *_REGIONS.glob("cluster/*.py"),
        *(_REGIONS / f"{name}.py" for name in _KERNELS),
    ]
)


class _Notice(event.Listener):
    """Log one line when the first kernel of this process is not found on disk."""

    def __init__(self) -> None:
        self._due = True

    def on_start(self, event: event.Event) -> None:
        dispatcher = event.data["dispatcher"]
        if self._due and dispatcher.__module__.startswith(__name__.partition(".")[0]):
            self._due = False
            LOGGER.info("Compiling the clustering kernel: a few seconds, once on this machine.")

    def on_end(self, event: event.Event) -> None:
        pass


def kernel(function: _Function) -> _Function:
    """Compile a function that Python calls, at its first call, and keep the result on disk.

    Neither fast math nor fused multiply-add: every comparison of distances rests on IEEE rounding.
    Other threads go on meanwhile. Where NUMBA_DISABLE_JIT is set, functions stay as they are.
    """
    if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
        return function
    try:
        compiled: Any = numba.njit(cache=True, nogil=True, **_OPTIONS)(function)
    except RuntimeError:  # nowhere to keep it: compiled anew by every process
        return cast("_Function", numba.njit(nogil=True, **_OPTIONS)(function))
    # numba watches the file of the function alone, but kernels contain parts from other files.
    stamp = (*_SOURCES, *_stamp_sources([Path(function.__code__.co_filename)]))
    compiled._cache._cache_file._source_stamp = stamp  # noqa: SLF001
    return cast("_Function", compiled)


def part(function: _Function) -> _Function:
    """Compile a function that only kernels call, as a part of them: a third faster to compile."""
    compiled: Any = numba.njit(**{**_OPTIONS, "no_cpython_wrapper": True})(function)
    return cast("_Function", compiled)


def bare(function: _Function) -> _Function:
    """Compile a part that makes no array, to be set into the kernels that call it.

    Without arrays of its own it need not count who holds the others': at every call that would take
    longer than most parts themselves.
    """
    compiled: Any = numba.njit(**_BARE, forceinline=True)(function)
    return cast("_Function", compiled)


def apart(function: _Function) -> _Function:
    """Compile a bare part that stays by itself: a large one takes long to set into its callers."""
    compiled: Any = numba.njit(**_BARE)(function)
    return cast("_Function", compiled)


event.register("numba:compile", _Notice())  # type: ignore[no-untyped-call]
