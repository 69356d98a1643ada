"""How tasks are done on several cores: what is told of progress, by a clock of our own."""

from itertools import count
from types import SimpleNamespace

import pytest

from gii_geo.trust import crew


def tell_by_clock(monkeypatch: pytest.MonkeyPatch, step: float) -> list[tuple[int, float]]:
    """Do four tasks on one core, each a step of the clock long, and list what is told."""
    clock = (tick * step for tick in count(3))
    monkeypatch.setattr(crew, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    told: list[tuple[int, float]] = []
    done, is_whole = crew.work_through(
        [3, 4, 5, 6], lambda task: task * task, cores=1, tell=lambda *said: told.append(said)
    )
    assert (done, is_whole) == ([9, 16, 25, 36], True)
    return told


def test_how_many_are_done_and_how_long_the_others_take_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert tell_by_clock(monkeypatch, 8.0) == [(1, 24.0), (2, 16.0), (3, 8.0), (4, 0.0)]


def test_nothing_is_told_before_half_a_second_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [done for done, _ in tell_by_clock(monkeypatch, 0.5)] == [1, 2, 3, 4]
    assert [done for done, _ in tell_by_clock(monkeypatch, 0.25)] == [2, 4]
    assert tell_by_clock(monkeypatch, 0.0625) == []


def test_an_interrupted_work_gives_what_is_done_and_what_had_begun() -> None:
    def work(task: int) -> int:
        if task == 2:
            raise KeyboardInterrupt
        return task

    tasks = [7, 8, 2, 9, 10]
    assert crew.work_through(tasks, work, cores=1, tell=lambda *_: None) == ([7, 8, 9], False)


def test_there_is_at_least_one_core(monkeypatch: pytest.MonkeyPatch) -> None:
    for cores, counted in ((None, 1), (1, 1), (6, 6)):
        monkeypatch.setattr(crew, "os", SimpleNamespace(cpu_count=lambda known=cores: known))
        assert crew.count_cores() == counted
    one_of_two = SimpleNamespace(sched_getaffinity={0: {3}}.get, cpu_count=lambda: 2)
    monkeypatch.setattr(crew, "os", one_of_two)
    assert crew.count_cores() == 1
