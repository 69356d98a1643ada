"""Faults of files, folders and processes: the old output stays or the new is whole."""

import dataclasses
import errno
import gzip
import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Point

from conftest import RunCli
from gii_geo import accounts, export, faults, swap
from gii_geo.faults import FaultError, is_fault, judge, writing
from gii_geo.kept import read_kept
from gii_geo.owned import RUN_NAMES, check_free, list_owned
from gii_geo.records.inputs import check_stamps, stamp_paths
from gii_geo.records.packed import open_bytes
from gii_geo.records.sources.archives import open_files
from gii_geo.records.spill import Spill
from gii_geo.regions import tally
from gii_geo.regions.follow import read_previous
from gii_geo.result import Result
from gii_geo.tables import InputError
from gii_geo.walk import list_below
from gii_geo.world import World

NAMES = ("a.parquet", "b.parquet", "run.json")


def write_set(folder: Path, text: str) -> list[Path]:
    """Write a small run whose every file says whose it is."""
    with swap.hold(folder, wait_seconds=20), swap.open_room(folder) as room:
        for name in NAMES[:2]:
            (room / name).write_text(text, encoding="utf-8")
        files = {name: export.describe_file(room / name) for name in NAMES[:2]}
        told = {"accounts": {}, "files": files, "text": text}
        (room / "run.json").write_text(json.dumps(told), encoding="utf-8")
        return swap.put(room, folder, mark="run.json")


def read_set(folder: Path) -> set[str]:
    texts = {(folder / name).read_text(encoding="utf-8") for name in NAMES[:2]}
    return texts | {json.loads((folder / "run.json").read_text(encoding="utf-8")).get("text", "?")}


def list_left(folder: Path) -> list[str]:
    return [path.name for path in folder.parent.iterdir() if ".gii-geo-" in path.name]


# 1. Only what we wrote is replaced


def put_file(path: Path) -> None:
    path.write_text("mine", encoding="utf-8")


def put_link(path: Path) -> None:
    path.with_name("target").write_text("mine", encoding="utf-8")
    path.symlink_to(path.with_name("target"))


PUTS: dict[str, Callable[[Path], Any]] = {
    "a file": put_file,
    "a link": put_link,
    "a link to nothing": lambda path: path.symlink_to("nowhere"),
    "a pipe": os.mkfifo,
    "a folder": Path.mkdir,
}


@pytest.mark.parametrize("what", PUTS)
@pytest.mark.parametrize("name", ["regions.gpkg", "explorer.html", "run.json", "rejects.parquet"])
def test_what_a_run_did_not_write_is_never_replaced(tmp_path: Path, name: str, what: str) -> None:
    PUTS[what](tmp_path / name)
    before = {path.name: path.lstat() for path in tmp_path.iterdir()}
    with pytest.raises(InputError, match=rf"Invalid output file .*{name}\. Must be"):
        export.check_out(tmp_path)
    assert {path.name: path.lstat() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("what", PUTS)
def test_a_table_replaces_nothing_but_a_table_of_ours(tmp_path: Path, what: str) -> None:
    path = tmp_path / "ranks.csv"
    PUTS[what](path)
    before = path.lstat()
    with pytest.raises(InputError, match=r"Invalid output file .*ranks\.csv"):
        export.write_csv(pd.DataFrame({"name": ["a"], "rank": [1]}), path)
    assert path.lstat() == before


def test_a_table_of_ours_is_replaced_and_an_input_never(tmp_path: Path) -> None:
    path, table = tmp_path / "ranks.csv", pd.DataFrame({"name": ["a"], "rank": [1]})
    export.write_csv(table, path)
    export.write_csv(table.assign(rank=2), path)
    assert "2" in path.read_text(encoding="utf-8-sig")
    os.link(path, tmp_path / "other.csv")
    for one in (path, tmp_path / "other.csv"):
        with pytest.raises(InputError, match=r"Must not be an input"):
            export.write_csv(table, path, inputs=[one])
    assert sorted(file.name for file in tmp_path.iterdir()) == ["other.csv", "ranks.csv"]


def test_an_input_among_the_files_of_an_earlier_run_stays(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_set(out, "old")
    with pytest.raises(InputError, match=r"a\.parquet\. Must not be an input"):
        check_free([out / "a.parquet"], inputs=[out / "a.parquet"])
    put_file(out / "c.parquet")
    with pytest.raises(InputError, match=r"c\.parquet\. Must be one that gii-geo wrote"):
        check_free([out / "c.parquet"])
    write_set(out, "new")
    assert read_set(out) == {"new"}
    assert (out / "c.parquet").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("text", ["mine", "[]", "{}", '{"format": 1}', "[" * 100_000])
def test_a_file_that_is_called_world_json_makes_no_world_of_ours(
    tmp_path: Path, small_read: World, text: str
) -> None:
    (tmp_path / "world.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"Must be empty or hold a world"):
        small_read.write(tmp_path)
    assert (tmp_path / "world.json").read_text(encoding="utf-8") == text


# 2. Archives are read to their end


def write_tar(path: Path, mode: str) -> None:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name in ("a.tsv", "b.tsv", "c.tsv"):
            info = tarfile.TarInfo(name)
            info.size = 8
            archive.addfile(info, io.BytesIO(b"one\ntwo\n"))


@pytest.mark.parametrize("byte", [0, 1024, 1024 + 124, 2048 + 148, 2048 + 257])
def test_a_bit_of_a_header_that_is_wrong_shows(tmp_path: Path, byte: int) -> None:
    path = tmp_path / "a.tar"
    write_tar(path, "w")
    data = bytearray(path.read_bytes())
    data[byte] ^= 1
    path.write_bytes(data)
    found = [(file.stream.read(), file.broken) for file in open_files(path, endings=(".tsv",))]
    assert any(broken for _, broken in found)


@pytest.mark.parametrize("kept", [512, 1024, 1100, 1536, 2048, 3072])
def test_a_tar_file_cut_at_a_header_or_in_it_shows(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "a.tar"
    write_tar(path, "w")
    path.write_bytes(path.read_bytes()[:kept])
    found = [(file.stream.read(), file.broken) for file in open_files(path, endings=(".tsv",))]
    assert any(broken for _, broken in found)


def test_the_checksum_of_a_packed_tar_file_is_checked(tmp_path: Path) -> None:
    path = tmp_path / "a.tar.gz"
    write_tar(path, "w:gz")
    assert not any(file.broken for file in open_files(path, endings=(".tsv",)))
    data = bytearray(path.read_bytes())
    data[-6] ^= 1
    path.write_bytes(data)
    assert any(file.broken for file in open_files(path, endings=(".tsv",)))


@pytest.mark.parametrize("place", [10, 30, 60, 90, -8, -5, -1])
def test_a_gzipped_table_with_a_bit_wrong_is_refused(tmp_path: Path, place: int) -> None:
    path = tmp_path / "a.csv.gz"
    rows = "".join(f"{number},{number**3 % 91}\n" for number in range(2000))
    data = bytearray(gzip.compress(f"lon,lat\n{rows}".encode(), mtime=0))
    data[place] ^= 4
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"a\.csv\.gz\. Must be whole"), open_bytes(path) as file:
        file.read()


# 3. Accounts and inputs that change


def test_accounts_that_do_not_balance_are_a_fault() -> None:
    parts = ["units_in_regions", "units_outside_regions", "units_unlocated", "units_undivided"]
    names = ["rows", "rows_left_out", "rows_rejected", "rows_located", "records", *parts]
    kinds = pd.DataFrame(0, columns=names, index=["patent"])
    accounts.Accounts(kinds, pd.DataFrame()).check()
    for name in names:
        with pytest.raises(FaultError, match=r"do not balance, so nothing was written"):
            accounts.Accounts(kinds.assign(**{name: [1]}), pd.DataFrame()).check()


@pytest.mark.parametrize(
    ("table", "column"),
    [
        *(("places", column) for column in ("rows", "weight")),
        *(("accounts", column) for column in ("rows", "records", "undivided")),
    ],
)
def test_a_world_that_does_not_add_up_is_a_fault(
    small_read: World, table: str, column: str
) -> None:
    wrong = getattr(small_read, table).copy()
    wrong.loc[wrong.index[0], column] += 1
    assert small_read.is_exact()
    assert not dataclasses.replace(small_read, **{table: wrong}).is_exact()


ASKED: dict[str, list[object]] = {
    "run": ["--out", "out"],
    "sweep": ["--vary", "radius_km=10", "--out", "table.csv"],
    "windows": ["--windows", "2010-2013", "2014-2019", "--out", "table.csv"],
    "stability": ["--draws", "1", "--out", "table.csv"],
}


@pytest.mark.parametrize("command", ASKED)
def test_every_question_of_a_world_that_does_not_add_up_is_a_fault(
    run_cli: RunCli,
    small_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tally, "_sum_accounts", lose_a_row(tally._sum_accounts))
    said = run_cli(command, small_folder, "--set", "min_addresses=60", *ASKED[command])
    assert said.exit_code == 1
    assert "gii-geo: The accounts do not balance, so nothing was written" in said.stderr
    assert [*tmp_path.iterdir()] == []


def lose_a_row(count: Callable[..., Any]) -> Callable[..., Any]:
    def lose(*asked: Any) -> Any:
        totals, reasons = count(*asked)
        return totals.assign(rows=totals["rows"] + 1), reasons

    return lose


def test_a_run_that_was_written_unbalanced_is_of_no_use(tmp_path: Path) -> None:
    write_run(tmp_path / "out")
    path = tmp_path / "out" / "run.json"
    told = json.loads(path.read_text(encoding="utf-8")) | {"accounts": {"exact": False}}
    path.write_text(json.dumps(told), encoding="utf-8")
    for read in (export.read_run, read_previous):
        with pytest.raises(FaultError, match=r"do not balance, so .*run\.json is of no use"):
            read(tmp_path / "out")


CHANGES: dict[str, Callable[[Path], Any]] = {
    "grown": lambda path: path.write_bytes(path.read_bytes() + b"1,2\n"),
    "shrunk": lambda path: path.write_bytes(path.read_bytes()[:-4]),
    "gone": Path.unlink,
    "replaced": lambda path: path.with_name("b").rename(path),
    "same size and time": lambda path: (
        path.write_bytes(path.read_bytes()[::-1]),
        os.utime(path, ns=(10**18, 10**18)),
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_an_input_that_changes_while_it_is_read_is_refused(tmp_path: Path, change: str) -> None:
    path = tmp_path / "a.csv"
    for file in (path, tmp_path / "b"):
        file.write_text("lon,lat\n1,2\n", encoding="utf-8")
    os.utime(path, ns=(10**18, 10**18))
    stamps = stamp_paths({"deal": [path]})
    check_stamps(stamps)
    time.sleep(0.01)
    CHANGES[change](path)
    with pytest.raises(InputError, match=r"a\.csv\. Must not change while it is read"):
        check_stamps(stamps)


# 4. One rule for walking folders


@pytest.mark.parametrize(
    "name", [".ipynb_checkpoints/a.csv", "_SUCCESS", ".out.gii-geo-abc/a.csv", "__MACOSX/a.csv"]
)
def test_hidden_files_are_no_input(tmp_path: Path, name: str) -> None:
    for file in (tmp_path / name, tmp_path / "lon=5" / "a.csv"):
        file.parent.mkdir(parents=True, exist_ok=True)
        put_file(file)
    assert list_below(tmp_path) == [tmp_path / "lon=5" / "a.csv"]


def test_our_own_runs_are_no_input_and_what_lies_beside_them_is(tmp_path: Path) -> None:
    write_set(tmp_path, "ours")
    write_set(tmp_path / "runs" / "out", "ours")
    put_file(tmp_path / "c.parquet")
    assert list_below(tmp_path) == [tmp_path / "c.parquet"]


@pytest.mark.parametrize("kind", ["hard link", "link", "folder", "loop", "nothing", "pipe"])
def test_what_would_count_twice_or_not_at_all_is_refused(tmp_path: Path, kind: str) -> None:
    (tmp_path / "in").mkdir()
    put_file(tmp_path / "in" / "a.csv")
    second = tmp_path / "b.csv"
    {
        "hard link": lambda: os.link(tmp_path / "in" / "a.csv", second),
        "link": lambda: second.symlink_to(tmp_path / "in" / "a.csv"),
        "folder": lambda: second.symlink_to(tmp_path / "in"),
        "loop": lambda: second.symlink_to(tmp_path),
        "nothing": lambda: second.symlink_to(tmp_path / "nowhere"),
        "pipe": lambda: os.mkfifo(second),
    }[kind]()
    with pytest.raises(InputError, match=r"^Invalid (input|file) "):
        list_below(tmp_path)


# 5. Several at once, renames that fail, kills


def test_several_writers_at_once_leave_one_whole_set(tmp_path: Path) -> None:
    out = tmp_path / "out"
    threads = [threading.Thread(target=write_set, args=(out, str(n))) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(read_set(out)) == 1
    assert list_left(out) == []


def test_a_signal_as_a_hidden_folder_is_removed_leaves_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls, true = iter(range(100)), swap.shutil.rmtree

    def remove(path: Path, **how: Any) -> None:
        if next(calls) == 0:
            raise KeyboardInterrupt
        true(path, **how)

    write_set(tmp_path / "out", "old")
    monkeypatch.setattr(swap.shutil, "rmtree", remove)
    with pytest.raises(KeyboardInterrupt):
        write_set(tmp_path / "out", "new")
    assert list_left(tmp_path / "out") == []


def test_a_writer_that_must_wait_too_long_is_refused(tmp_path: Path) -> None:
    with (
        swap.hold(tmp_path),
        pytest.raises(InputError, match=r"another is at work"),
        swap.hold(tmp_path, wait_seconds=0),
    ):
        pass


@pytest.mark.parametrize("is_new", [True, False])
@pytest.mark.parametrize("fails", range(6))
def test_a_rename_that_fails_leaves_the_old_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: int, *, is_new: bool
) -> None:
    out = tmp_path / "out"
    if not is_new:
        write_set(out, "old")
    calls, true = iter(range(100)), Path.replace

    def replace(path: Path, target: Path) -> Path:
        if next(calls) == fails:
            raise OSError(errno.ENOSPC, "No space left on device")
        return true(path, target)

    monkeypatch.setattr(Path, "replace", replace)
    try:
        write_set(out, "new")
        assert read_set(out) == {"new"}
    except FaultError:
        assert read_set(out) == {"old"}
    assert list_left(out) == []


KILLED = """
import json, os, sys
from pathlib import Path
from gii_geo import owned, swap
fails, calls = int(sys.argv[2]), iter(range(100))
for name in ("replace", "rename"):
    def step(path, target, true=getattr(Path, name)):
        if next(calls) == fails:
            os.kill(os.getpid(), 9)
        return true(path, target)
    setattr(Path, name, step)
folder = Path(sys.argv[1])
with swap.hold(folder), swap.open_room(folder) as room:
    for name in ("a.parquet", "b.parquet"):
        (room / name).write_text("new")
    files = {path.name: owned.describe_file(path) for path in room.iterdir()}
    (room / "run.json").write_text(json.dumps({"accounts": {}, "files": files, "text": "new"}))
    swap.put(room, folder, mark="run.json")
"""


def test_a_kill_between_renames_is_marked_and_the_next_run_mends_it(tmp_path: Path) -> None:
    for fails in (1, 2, 4):
        out = tmp_path / f"out{fails}"
        write_set(out, "old")
        words = [sys.executable, "-c", KILLED, out, str(fails)]
        done = subprocess.run(words, check=False, timeout=100)
        assert done.returncode == -signal.SIGKILL
        found = read_set(out)
        assert len(found) == 1 or "?" in found
        if "?" in found:
            put_file(out / "regions.parquet")
            put_file(out / "locations.parquet")
            with pytest.raises(InputError, match=r"Must be written to its end.*run it again"):
                export.read_run(out)
        write_set(out, "next")
        assert read_set(out) == {"next"}
        assert list_left(out) == []


def test_what_a_killed_process_spilled_is_removed_and_no_other_s(tmp_path: Path) -> None:
    dead = tmp_path / "gii-geo-spill-dead"
    dead.mkdir()
    (tmp_path / "gii-geo-mine").mkdir()
    first = Spill(tmp_path)
    second = Spill(tmp_path)
    assert first.path.is_dir()
    assert not dead.exists()
    first.remove()
    second.remove()
    assert [path.name for path in tmp_path.iterdir()] == ["gii-geo-mine"]


def test_a_spill_folder_that_is_forgotten_is_removed(tmp_path: Path) -> None:
    """As where a signal comes before whoever asked has it."""
    forgotten = Spill(tmp_path)
    assert forgotten.path.is_dir()
    del forgotten
    assert list(tmp_path.iterdir()) == []


# 6. Damaged runs


def write_run(folder: Path) -> None:
    folder.mkdir()
    points = gpd.GeoDataFrame(
        {"region_id": ["R0001"], "name": ["a"], "rank": [1]}, geometry=[Point(0, 0)], crs=4326
    )
    for name in ("regions", "locations", "retired"):
        kept = points if name != "retired" else points.assign(region_id=["R0002"])
        kept.to_parquet(folder / f"{name}.parquet")
    told = {"settings": {}, "accounts": {}, "options": {}, "last_region_id": "R0002"}
    (folder / "run.json").write_text(json.dumps(told), encoding="utf-8")


def damage(path: Path, way: str) -> None:
    data = path.read_bytes()
    path.unlink()
    if way == "cut":
        path.write_bytes(data[: len(data) // 2])
    elif way == "empty":
        path.write_bytes(b"")
    elif way == "text":
        path.write_text("[]", encoding="utf-8")
    elif way == "folder":
        path.mkdir()
    elif way == "foreign":
        pd.DataFrame({"x": [1]}).to_parquet(path)


@pytest.mark.parametrize("way", ["cut", "empty", "text", "folder", "foreign", "gone"])
@pytest.mark.parametrize("name", ["regions.parquet", "locations.parquet", "run.json"])
def test_a_damaged_run_is_refused_in_a_sentence(tmp_path: Path, name: str, way: str) -> None:
    folder = tmp_path / "out"
    write_run(folder)
    export.read_run(folder)
    read_previous(folder)
    damage(folder / name, way)
    with pytest.raises((InputError, FileNotFoundError), match=rf"^Invalid .*{name}"):
        export.read_run(folder)
    if name != "locations.parquet":
        with pytest.raises(InputError, match=rf"^Invalid .*{name}"):
            read_previous(folder)


def test_files_of_two_runs_are_refused(tmp_path: Path) -> None:
    write_run(tmp_path / "out")
    told = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    files = {"regions.parquet": {"bytes": 1, "sha256": "0"}}
    (tmp_path / "out" / "run.json").write_text(json.dumps(told | {"files": files}))
    for read in (export.read_run, read_previous):
        with pytest.raises(InputError, match=r"regions\.parquet\. Must be as it was written with"):
            read(tmp_path / "out")


def test_a_damaged_bit_of_a_table_is_no_traceback(tmp_path: Path) -> None:
    write_run(tmp_path / "out")
    path = tmp_path / "out" / "regions.parquet"
    data = path.read_bytes()
    for place in np.random.default_rng(0).integers(0, len(data), 25):
        wrong = bytearray(data)
        wrong[place] ^= 1 << int(place) % 8
        path.write_bytes(wrong)
        try:
            read_kept(path, known=("region_id",))
        except InputError as error:
            assert str(path) in str(error)  # noqa: PT017  # or the bit does not matter


# 7. The machine


@pytest.mark.parametrize(
    ("error", "is_one"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), True),
        (OSError(errno.EFBIG, "File too large"), True),
        (OSError(errno.EMFILE, "Too many open files"), True),
        (RuntimeError("write failed: No space left on device"), True),
        (MemoryError(), True),
        (InputError("Invalid file a. Must exist."), False),
        (FileNotFoundError(errno.ENOENT, "no"), False),
    ],
)
def test_what_the_machine_does_is_told_from_bad_input(error: Exception, *, is_one: bool) -> None:
    assert is_fault(error) is is_one


@pytest.mark.parametrize("name", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO])
def test_a_disk_that_is_full_is_told_whatever_a_library_calls_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: int
) -> None:
    def fail(*_: object) -> None:
        raise OSError(name, os.strerror(name))

    odd = RuntimeError("no such table: gpkg_contents")
    with pytest.raises(RuntimeError, match="no such table"), writing(tmp_path):
        raise odd
    monkeypatch.setattr(os, "posix_fallocate", fail)
    with pytest.raises(FaultError, match=rf"{tmp_path}: {os.strerror(name)}\."), writing(tmp_path):
        raise odd
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    ("error", "judged"),
    [
        (KeyboardInterrupt(), (130, "Interrupted.")),
        (RuntimeError("Query interrupted"), (130, "Interrupted.")),
        (OSError(errno.ENOSPC, "No space left on device", "a"), (1, "No space left on device: a.")),
        (MemoryError(), (1, "Out of memory.")),
        (InputError("Invalid a. Must b."), (2, "Invalid a. Must b.")),
        (ValueError("Invalid a. Must b."), (2, "Invalid a. Must b.")),
        (
            PermissionError(errno.EACCES, "Permission denied", "a"),
            (2, "Invalid file a. Must be usable; Permission denied."),
        ),
        (ValueError("interrupted"), None),
        (KeyError("ours"), None),
    ],
)
def test_an_error_ends_a_command_as_documented(
    error: BaseException, judged: tuple[int, str] | None
) -> None:
    assert judge(error) == judged


def test_what_a_library_makes_of_a_signal_still_ends_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "_signals", [signal.SIGTERM])
    assert judge(RuntimeError("Query interrupted")) == (143, "Interrupted.")


def test_files_and_folders_have_the_rights_that_the_user_asks_for(tmp_path: Path) -> None:
    for umask, rights in ((0o022, 0o755), (0o077, 0o700), (0o002, 0o775)):
        before = os.umask(umask)
        try:
            out = tmp_path / oct(umask)
            write_set(out, "new")
            export.write_csv(pd.DataFrame({"a": [1]}), tmp_path / f"{umask}.csv")
        finally:
            os.umask(before)
        assert out.stat().st_mode & 0o777 == rights
        assert (out / "a.parquet").stat().st_mode & 0o777 == rights & 0o666
        assert (tmp_path / f"{umask}.csv").stat().st_mode & 0o777 == rights & 0o666


def test_the_names_of_a_run_are_those_that_a_run_writes(
    tmp_path: Path, small_result: Result
) -> None:
    files = {path.name for path in small_result.write(tmp_path / "out")}
    assert files == RUN_NAMES
    assert set(list_owned(tmp_path / "out")) == RUN_NAMES
