"""The command line: what it takes, what it refuses in one sentence, and what it leaves alone."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import gii_geo
from conftest import GII_GEO, Ran, RunCli
from gii_geo.tables import KNOWN_KINDS, RECORD_UNITS, InputError, order_kinds

RUN_FILES = {"regions.geojson", "regions.parquet", "ranking.csv", "locations.parquet"}
RUN_FILES |= {"rejects.parquet", "run.json"}

OLD_RUN = '{"accounts": {}, "files": {}}'
"""A run.json that is ours, so that the folder may be written to."""


def read_all(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def command(*words: object) -> subprocess.CompletedProcess[str]:
    """Run the installed command."""
    return subprocess.run(
        [GII_GEO, *map(str, words)], capture_output=True, text=True, check=False, timeout=120
    )


# The built-in world


def test_the_demo_writes_its_files_and_says_where(demo_run: Ran) -> None:
    assert demo_run.done.returncode == 0
    assert {path.name for path in demo_run.out.iterdir()} >= RUN_FILES
    assert f"files in {demo_run.out}:" in demo_run.done.stdout
    assert all(name in demo_run.done.stdout for name in RUN_FILES)


def test_the_demo_shows_its_first_ten_regions_and_calls_itself_made_up(demo_run: Ran) -> None:
    lines = demo_run.done.stdout.splitlines()
    ranks = [line.split()[0] for line in lines if line.strip()[:2].strip().isdecimal()]
    assert ranks[:10] == [str(rank) for rank in range(1, 11)]
    assert "Made-up data" in demo_run.done.stdout
    assert "made" in (demo_run.out / "run.json").read_text(encoding="utf-8")
    regions = gpd.read_parquet(demo_run.out / "regions.parquet")
    first = regions.set_index("name").head(10)
    (delta,) = [economies for economies in first["economies"] if "HK" in economies]
    assert set(delta.split(";")) == {"CN", "HK"}


def test_the_accounts_of_the_demo_are_exact_in_print_and_in_the_file(demo_run: Ran) -> None:
    assert "The accounts are exact to the last unit" in demo_run.done.stdout
    accounts = json.loads((demo_run.out / "run.json").read_text(encoding="utf-8"))["accounts"]
    assert accounts["exact"] is True
    for kind in accounts["kinds"].values():
        parts = ("in_regions", "outside_regions", "unlocated", "undivided")
        assert sum(kind[f"units_{part}"] for part in parts) == kind["records"] * RECORD_UNITS
        assert kind["rows_rejected"] > 0
    rejects = pd.read_parquet(demo_run.out / "rejects.parquet")
    assert len(rejects) == sum(kind["rows_rejected"] for kind in accounts["kinds"].values())


def test_progress_is_told_on_stderr_alone(demo_run: Ran) -> None:
    told = demo_run.done.stderr.splitlines()
    assert told[0] == "gii-geo: reading demo_world.parquet, 403,719 rows"
    assert all(line.startswith("gii-geo: ") for line in told)
    assert "gii-geo:" not in demo_run.done.stdout


# What is refused


Make = Callable[[Path], list[object]]


def files(name: str, content: str | bytes, *more: object) -> Make:
    """Give the file as patents, and more words."""

    def make(folder: Path) -> list[object]:
        data = content if isinstance(content, bytes) else content.encode()
        (folder / name).write_bytes(data)
        return ["--patents", folder / name, *more]

    return make


def words(*given: object) -> Make:
    return lambda _: list(given)


def cut_parquet(folder: Path) -> list[object]:
    pq.write_table(pa.table({"lon": [1.0], "lat": [2.0]}), folder / "a.parquet")
    whole = (folder / "a.parquet").read_bytes()
    return files("a.parquet", whole[:-9])(folder)


def settings_file(text: str) -> Make:
    def make(folder: Path) -> list[object]:
        (folder / "s.toml").write_text(text, encoding="utf-8")
        return ["--demo", "--settings", folder / "s.toml"]

    return make


GOOD = "lon,lat\n8.5,47.4\n"
REFUSED: dict[str, tuple[Make, str]] = {
    "a missing file": (
        words("--patents", "nowhere.csv"),
        "Invalid file nowhere.csv. Must exist.",
    ),
    "an empty file": (files("a.csv", ""), "Invalid file {}/a.csv. Must not be empty."),
    "a header alone": (
        files("a.csv", "lon,lat\n"),
        "Invalid file {}/a.csv. Must have at least one row; found none.",
    ),
    "a picture": (
        files("a.png", b"\x89PNG\r\n\x1a\n\x00\x00"),
        "Invalid file {}/a.png. Must be Parquet, CSV in UTF-8 or GeoJSON; found binary data.",
    ),
    "a spreadsheet": (
        files("a.xlsx", b"PK\x03\x04\x14\x00"),
        "Invalid file {}/a.xlsx. Must be Parquet, CSV in UTF-8 or GeoJSON.",
    ),
    "a web page": (
        files("a.html", "<html></html>"),
        "Invalid file {}/a.html. Must be Parquet, CSV in UTF-8 or GeoJSON; found a web page.",
    ),
    "half a Parquet file": (
        cut_parquet,
        (
            "Invalid file {}/a.parquet. Must be a whole Parquet file; Parquet magic bytes not "
            "found in footer. Either the file is corrupted or this is not a parquet file."
        ),
    ),
    "a folder without tables": (
        lambda folder: ["--patents", folder],
        (
            "Invalid folder {}. Must hold files named .parquet, .csv, .tsv, .geojson (texts also "
            "packed: .gz, .zip, .zst, .bz2); found none."
        ),
    ),
    "no coordinates": (
        files("a.csv", "Longitude,latitude,name\n8.5,47.4,x\n"),
        (
            "Invalid columns of {}/a.csv. Must have lon and lat; found Longitude, latitude, name; "
            "likely: --column lon=Longitude --column lat=latitude."
        ),
    ),
    "a text for a coordinate": (
        files("a.csv", "lon,lat\n8.5,47.4\n8.5,forty\n"),
        "Invalid lat 'forty' in {}/a.csv, row 2. Must be a number.",
    ),
    "a kind that is nearly one": (
        lambda folder: [
            "--addresses",
            files("a.csv", "kind,lon,lat\nbook,8.5,47.4\npatents,8.5,47.4\n")(folder)[1],
        ],
        (
            "Invalid kind 'patents' in {}/a.csv, row 2. Must be a word of its own; "
            "did you mean patent?"
        ),
    ),
    "no kind": (
        lambda folder: ["--addresses", files("a.csv", GOOD)(folder)[1]],
        (
            "Invalid columns of {}/a.csv. Must have kind, or be given as patents, publications or "
            "deals; found lon, lat."
        ),
    ),
    "a quotation mark never closed": (
        files("a.csv", 'lon,lat\n8.5,47.4\n"8.5,47.4\n8.5,47.4\n8.5,47.4\n'),
        "Invalid file {}/a.csv from about row 2 on. Must close every quotation mark that it opens.",
    ),
    "a radius of nothing": (
        words("--demo", "--radius-km", "0"),
        "Invalid radius_km 0.0. Must be at least 0.05 and at most 20000.",
    ),
    "a negative radius": (
        words("--demo", "--radius-km", "-3"),
        "Invalid radius_km -3.0. Must be at least 0.05 and at most 20000.",
    ),
    "a radius that is no number": (
        words("--demo", "--radius-km", "nan"),
        "Invalid radius_km nan. Must be at least 0.05 and at most 20000.",
    ),
    "two minimums": (
        words("--demo", "--min-addresses", "10", "--min-share", "0.1"),
        "Invalid min_share 0.1 beside min_addresses 10. Must give only one of the two.",
    ),
    "a share above one": (
        words("--demo", "--min-share", "15"),
        "Invalid min_share 15.0. Must be greater than 0 and at most 1.",
    ),
    "an unknown method": (
        words("--demo", "--method", "kmeans"),
        "Invalid method 'kmeans'. Must be dbscan or hdbscan.",
    ),
    "an unknown edition": (
        words("--demo", "--edition", "2016"),
        "Invalid edition 2016. Must be 2017 to 2025.",
    ),
    "an unknown role": (
        files("a.csv", GOOD, "--column", "town=lon"),
        "Invalid column role town. Must be ",
    ),
    "a setting that is none": (
        words("--demo", "--set", "radius=13"),
        "Invalid setting radius. Must be a known setting; did you mean radius_km?",
    ),
    "a setting without a value": (
        words("--demo", "--set", "radius_km"),
        "Invalid set 'radius_km'. Must be name=value, such as radius_km=13 or score_weights.deal",
    ),
    "a set radius of nothing": (
        words("--demo", "--set", "radius_km=0"),
        "Invalid radius_km 0. Must be at least 0.05 and at most 20000.",
    ),
    "records of no kind": (
        words("--records", "a.csv"),
        "Invalid records 'a.csv'. Must be kind=file, such as trademark=a.csv.",
    ),
    "records of a misspelt kind": (
        words("--records", "patents=a.csv"),
        "Invalid kind 'patents'. Must be a word of its own; did you mean patent?",
    ),
    "a column without a role": (
        files("a.csv", GOOD, "--column", "lon"),
        "Invalid column 'lon'. Must be role=column, such as lon=longitude.",
    ),
    "nothing to read": (
        words(),
        (
            "Invalid inputs. Must give --patents, --publications, --deals, --records, or "
            "--addresses, or a world, or --demo, or --sample; found none of these ways."
        ),
    ),
    "too much to read": (
        files("a.csv", GOOD, "--demo"),
        (
            "Invalid inputs. Must give --patents, --publications, --deals, --records, or "
            "--addresses, or a world, or --demo, or --sample; found several of these ways."
        ),
    ),
    "a file twice": (
        lambda folder: [*files("a.csv", GOOD)(folder), folder / "a.csv"],
        "Invalid file {}/a.csv, given twice. Must be given once.",
    ),
    "missing settings": (
        words("--demo", "--settings", "nowhere.toml"),
        "Invalid settings file nowhere.toml. Must exist.",
    ),
    "settings that are no TOML": (
        settings_file("radius_km: 13"),
        "Invalid settings file {}/s.toml. Must be TOML in UTF-8; ",
    ),
    "an unknown setting": (
        settings_file("radius = 13"),
        "Invalid setting radius. Must be a known setting; did you mean radius_km? (in {}/s.toml)",
    ),
    "an impossible setting": (
        settings_file("radius_km = -1"),
        "Invalid radius_km -1. Must be at least 0.05 and at most 20000. (in {}/s.toml)",
    ),
    "a setting of another type": (
        settings_file("kinds = 3"),
        "Invalid kinds 3. Must be a list of kinds. (in {}/s.toml)",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_input_ends_in_one_sentence_and_leaves_the_old_files(
    case: str, run_cli: RunCli, tmp_path: Path
) -> None:
    inputs, out = tmp_path / "in", tmp_path / "out"
    inputs.mkdir()
    out.mkdir()
    (out / "run.json").write_text(OLD_RUN, encoding="utf-8")
    make, sentence = REFUSED[case]
    done = run_cli("run", *make(inputs), "--out", out)
    assert done.exit_code == 2
    assert done.stdout == ""
    told = [line for line in done.stderr.splitlines() if not is_progress(line)]
    assert len(told) == 1, done.stderr
    assert told[0].startswith("gii-geo: " + sentence.format(inputs))
    assert read_all(out) == {"run.json": OLD_RUN.encode()}
    assert {path.name for path in tmp_path.iterdir()} == {"in", "out"}


def is_progress(line: str) -> bool:
    return line.startswith(("gii-geo: reading ", "gii-geo: counting "))


@pytest.mark.parametrize("below", ["", "below", "a/b"])
def test_an_output_folder_that_is_a_file_is_refused_before_anything_is_read(
    below: str, run_cli: RunCli, tmp_path: Path
) -> None:
    taken = tmp_path / "taken"
    taken.write_text("mine", encoding="utf-8")
    done = run_cli("run", "--demo", "--out", taken / below)
    assert done.exit_code == 2
    assert done.stderr == (
        f"gii-geo: Invalid output folder {taken / below}. Must be a folder; {taken} is a file.\n"
    )
    assert taken.read_text(encoding="utf-8") == "mine"


def test_the_installed_command_ends_with_two_and_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y2\n1,2\n", encoding="utf-8")
    done = command("run", "--patents", tmp_path / "a.csv", "--out", tmp_path / "out")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        f"gii-geo: Invalid columns of {tmp_path}/a.csv. Must have lon and lat; found x, y2; "
        "likely: --column lon=x.\n"
    )
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "given", [["--radius-km", "wide"], ["--no-such-option"], ["--patents"], ["stray"]]
)
def test_words_that_are_no_option_end_with_two(
    given: list[str], run_cli: RunCli, tmp_path: Path
) -> None:
    done = run_cli("run", "--out", tmp_path / "out", *given)
    assert done.exit_code == 2
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_fault_of_our_own_is_not_taken_for_bad_input(
    run_cli: RunCli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gii_geo import pipeline  # noqa: PLC0415

    def fail(*_: object, **__: object) -> None:
        raise ValueError("operands could not be broadcast")  # noqa: EM101, TRY003

    monkeypatch.setattr(pipeline, "find_regions", fail)
    with pytest.raises(ValueError, match="operands could not be broadcast"):
        run_cli("run", "--demo", "--out", tmp_path / "out")


# What is taken


def test_several_files_of_every_kind_follow_their_option(
    run_cli: RunCli, small_world: pd.DataFrame, tmp_path: Path
) -> None:
    given: list[object] = []
    for kind, option in (("patent", "--patents"), ("deal", "--deals")):
        mine = small_world[small_world["kind"] == kind].drop(columns="kind")
        paths = [tmp_path / f"{kind} {part}.csv" for part in (1, 2)]
        mine.iloc[::2].to_csv(paths[0], index=False)
        mine.iloc[1::2].to_csv(paths[1], index=False)
        given += [option, *paths]
    out = tmp_path / "my out"
    done = run_cli("run", *given, "--min-addresses", 60, "--radius-km", 14.5, "--out", out)
    assert done.exit_code == 0, done.stderr
    run = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert [entry["name"] for entry in run["inputs"]] == [
        *("patent 1.csv", "patent 2.csv", "deal 1.csv", "deal 2.csv")
    ]
    assert (run["settings"]["radius_km"], run["settings"]["min_addresses"]) == (14.5, 60)
    same = gii_geo.find_regions(
        small_world[small_world["kind"] != "publication"],
        gii_geo.Settings(min_addresses=60, radius_km=14.5),
    )
    written = gpd.read_parquet(out / "regions.parquet")
    pd.testing.assert_frame_equal(pd.DataFrame(written), pd.DataFrame(same.regions))


def test_records_of_any_kind_follow_their_option(
    run_cli: RunCli, small_world: pd.DataFrame, tmp_path: Path
) -> None:
    paths = []
    for part in (0, 1):
        paths.append(tmp_path / f"{part}=a.csv")
        mine = small_world[small_world["kind"] == "patent"].drop(columns="kind")
        mine.iloc[part::2].to_csv(paths[part], index=False)
    runs = []
    for given in (["--records", f"patent={paths[0]}", paths[1]], ["--patents", *paths]):
        out = tmp_path / f"out{len(runs)}"
        done = run_cli("run", *given, "--set", "min_addresses=60", "--out", out)
        assert done.exit_code == 0, done.stderr
        runs.append(read_all(out))
    for written in runs:
        del written["run.json"]  # tells the words
    assert runs[0] == runs[1]


@pytest.mark.parametrize("word", ["run", "windows"])
def test_every_kind_reaches_the_method(
    word: str, run_cli: RunCli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gii_geo import pipeline  # noqa: PLC0415
    from gii_geo.records import intake  # noqa: PLC0415

    asked: list[object] = []

    def listen(sources: object, *_: object, **__: object) -> None:
        asked.append(sources)
        raise InputError("heard")  # noqa: EM101

    monkeypatch.setattr(pipeline, "find_regions", listen)
    monkeypatch.setattr(intake, "read_world", listen)
    expected = {"trademark": [Path("a.csv"), Path("b=1.csv")], "clinical_trial": [Path("c.csv")]}
    given: list[object] = ["--records", "trademark=a.csv", "b=1.csv"]
    given += ["--records", "clinical_trial=c.csv"]
    for kind in KNOWN_KINDS:  # each has an option of its own
        given += [f"--{kind.plural}", f"{kind.word}.csv", "--records", f"{kind.word}=more.csv"]
        expected[kind.word] = [Path(f"{kind.word}.csv"), Path("more.csv")]
    given += ["--windows", "2018-2020"] if word == "windows" else []
    done = run_cli(word, *given, "--out", tmp_path / "out")
    assert done.stderr.splitlines()[-1] == "gii-geo: heard"
    assert asked == [expected]
    assert list(asked[0]) == list(order_kinds(expected))  # type: ignore[call-overload]


def test_set_reaches_the_run_and_comes_on_top(
    run_cli: RunCli, small_world: pd.DataFrame, tmp_path: Path
) -> None:
    small_world.to_parquet(tmp_path / "a.parquet")
    (tmp_path / "s.toml").write_text(
        "min_addresses = 60\nmin_economy_share = 0.5\n[years]\npatent = [2010, 2019]\n"
    )
    given = ["--addresses", tmp_path / "a.parquet", "--settings", tmp_path / "s.toml"]
    given += ["--gap-km", 3, "--weight", "deal=0.5", "--set", "gap_km=2", "min_economy_share=0.02"]
    given += ["--set", "years.deal=2012", "--out", tmp_path / "out"]
    done = run_cli("run", *given)
    assert done.exit_code == 0, done.stderr
    settings = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))["settings"]
    assert (settings["gap_km"], settings["min_economy_share"]) == (2, 0.02)
    assert settings["years"] == {"patent": [2010, 2019], "deal": [2012, 2012]}
    assert settings["score_weights"]["deal"] == 0.5


def test_set_reaches_the_windows(
    run_cli: RunCli, small_world: pd.DataFrame, tmp_path: Path
) -> None:
    small_world.to_parquet(tmp_path / "a.parquet")
    given = ["--addresses", tmp_path / "a.parquet", "--windows", "2010-2019"]
    given += ["--set", "min_addresses=60", "kinds=patent,deal", "--out", tmp_path / "ranks.csv"]
    done = run_cli("windows", *given)
    assert done.exit_code == 0, done.stderr
    settings = gii_geo.Settings(min_addresses=60, kinds=("patent", "deal"))
    same = gii_geo.find_regions(small_world, settings).regions
    ranks = pd.read_csv(tmp_path / "ranks.csv")
    assert ranks["score"].tolist() == pytest.approx(same["score"].tolist())


def test_options_come_on_top_of_a_settings_file(
    run_cli: RunCli, small_world: pd.DataFrame, tmp_path: Path
) -> None:
    small_world.to_parquet(tmp_path / "a.parquet")
    (tmp_path / "s.toml").write_text(
        "radius_km = 14.0\nmin_share = 0.5\ngap_km = 1.0\n", encoding="utf-8"
    )
    given = ["--addresses", tmp_path / "a.parquet", "--settings", tmp_path / "s.toml"]
    done = run_cli("run", *given, "--min-addresses", 60, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.stderr
    settings = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))["settings"]
    assert (settings["radius_km"], settings["gap_km"]) == (14.0, 1.0)
    assert settings["min_addresses"] == 60
    assert "min_share" not in settings
    assert settings["density_weight"] == "addresses"


def test_columns_are_named_in_one_go(run_cli: RunCli, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("lng;Breite (Grad);n\n8.5;47.4;7\n", encoding="utf-8")
    given = ["--patents", tmp_path / "a.csv", "--column", "lon=lng", "lat=Breite (Grad)", "count=n"]
    done = run_cli("run", *given, "--column", "economy=land", "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert "Must have land for economy; found lng, Breite (Grad), n" in done.stderr
    assert not (tmp_path / "out").exists()
    done = run_cli("run", *given, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.stderr
    regions = gpd.read_parquet(tmp_path / "out" / "regions.parquet")
    assert regions["patents"].tolist() == [7.0]


def test_where_nothing_is_dense_it_says_so_and_ends_well(
    run_cli: RunCli, small_world: pd.DataFrame, tmp_path: Path
) -> None:
    small_world.to_parquet(tmp_path / "a.parquet")
    given = ["--addresses", tmp_path / "a.parquet", "--min-addresses", 10**6]
    done = run_cli("run", *given, "--out", tmp_path / "out")
    assert done.exit_code == 0
    assert "No region: no location has at least 1,000,000 addresses within 15 km." in done.stdout
    assert {path.name for path in (tmp_path / "out").iterdir()} >= RUN_FILES
    assert gpd.read_parquet(tmp_path / "out" / "regions.parquet").empty


def test_a_second_run_into_the_same_folder_replaces_the_first(
    run_cli: RunCli, small_folder: Path, tmp_path: Path
) -> None:
    given = [small_folder, "--out", tmp_path / "out"]
    run_cli("run", *given, "--min-addresses", 10**6)
    run_cli("run", *given, "--min-addresses", 60)
    first = read_all(tmp_path / "out")
    run_cli("run", *given, "--min-addresses", 60)
    assert read_all(tmp_path / "out") == first
    assert len(gpd.read_parquet(tmp_path / "out" / "regions.parquet")) == 4


@pytest.mark.parametrize("stage", ["clustering", "naming and outlining"])
def test_a_run_killed_in_the_middle_leaves_the_old_files(
    stage: str, small_folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "run.json").write_text(OLD_RUN, encoding="utf-8")
    given = [GII_GEO, "run", small_folder, "--out", out]
    with subprocess.Popen(given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        assert run.stderr is not None
        for line in run.stderr:
            if line.startswith(f"gii-geo: {stage}"):
                break
        run.send_signal(signal.SIGKILL)
    assert run.returncode == -signal.SIGKILL
    assert read_all(out) == {"run.json": OLD_RUN.encode()}


# Help and version


def test_help_names_every_option() -> None:
    done = command("run", "--help")
    for option in (
        "--patents",
        "--records",
        "--set",
        "--out",
        "--radius-km",
        "--min-share",
        "--column",
        "--edition",
    ):
        assert option in done.stdout


def test_the_version_is_the_package_s(run_cli: RunCli) -> None:
    done = run_cli("--version")
    assert done.stdout == f"gii-geo {gii_geo.__version__}\n"


def test_an_edition_is_described(run_cli: RunCli) -> None:
    done = run_cli("edition", 2024)
    assert done.exit_code == 0
    assert "published" in done.stdout
    assert run_cli("edition", 1999).exit_code == 2


def test_the_package_is_a_command_too() -> None:
    words = [sys.executable, "-m", "gii_geo", "--version"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout == f"gii-geo {gii_geo.__version__}\n"


LAST = """
import atexit, sys, threading, time
import gii_geo.__main__ as command

def main():
    atexit.register(lambda: print("registered"))
    threading.Thread(target=lambda: (time.sleep(0.2), print("thread"))).start()
    print("in the buffer")
    {end}

command.main = main
command.start()
"""
"""A process that has more to do when its command is done."""


@pytest.mark.parametrize(
    ("end", "code", "told"),
    [
        ("sys.exit(0)", 0, ""),
        ("sys.exit(2)", 2, ""),
        ("sys.exit(143)", 143, ""),
        ("sys.exit('a sentence')", 1, "a sentence\n"),
        ("1 / 0", 1, "ZeroDivisionError: division by zero\n"),
        ("return", 0, ""),
    ],
)
def test_a_process_that_leaves_at_once_has_done_all(end: str, code: int, told: str) -> None:
    words = [sys.executable, "-c", LAST.format(end=end)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert done.stderr.splitlines(keepends=True)[-1:] == ([told] if told else [])
    assert done.stdout.splitlines() == ["in the buffer", "thread", "registered"]


SPARED = """
import gc, os, sys
import gii_geo.__main__ as command
sys.argv = ["gii-geo", "--version"]
before = gc.get_threshold()[0], "numpy" in sys.modules
sys.stdout.flush()
try:
    command.start()
except SystemExit:
    print(before, gc.get_threshold()[0] > before[0], os.environ["OPENBLAS_NUM_THREADS"])
"""


@pytest.mark.parametrize(("given", "left"), [({}, "1"), ({"OPENBLAS_NUM_THREADS": "2"}, "2")])
def test_a_command_seeks_cycles_seldom_and_multiplies_on_one_thread(
    given: dict[str, str], left: str
) -> None:
    env = {name: text for name, text in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    words = [sys.executable, "-c", SPARED]
    done = subprocess.run(words, capture_output=True, text=True, check=True, env=env | given)
    assert done.stdout.splitlines()[-1] == f"(700, False) True {left}"  # before numpy is imported


def test_the_package_imports_without_the_command() -> None:
    code = "import gii_geo; print(gii_geo.__version__, sorted(dir(gii_geo))[0])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split()[0] == gii_geo.__version__


# A good folder


def test_an_empty_result_never_takes_the_place_of_a_good_one(
    small_world: pd.DataFrame, tmp_path: Path, run_cli: RunCli
) -> None:
    small_world.to_csv(tmp_path / "good.csv", index=False)
    small_world.assign(lat=[f"{lat + 500}" for lat in small_world["lat"]]).to_csv(
        tmp_path / "bad.csv", index=False
    )
    out, new = (["--out", tmp_path / name] for name in ("out", "new"))
    good = ["run", "--addresses", tmp_path / "good.csv", "--min-addresses", 60]
    assert run_cli(*good, *out).exit_code == 0
    before = read_all(tmp_path / "out")
    for bad in (  # all out of range, and a minimum too high
        ["run", "--addresses", tmp_path / "bad.csv"],
        [*good[:3], "--min-addresses", 10**6],
    ):
        said = run_cli(*bad, *out)
        assert said.exit_code == 2
        told = said.stderr.splitlines()[-1]
        assert told.startswith("gii-geo: Invalid result without a region for ")
        assert "which has 4; nothing was written" in said.stderr
        assert "No region: " in said.stdout  # and why
        assert "valid" not in said.stdout
        assert read_all(tmp_path / "out") == before
        written = run_cli(*bad, *new)  # the second time, an empty one is there
        assert written.exit_code == 0
        assert "files, valid and empty, in " in written.stdout
    assert run_cli(*good, *new).exit_code == 0


def test_a_world_without_a_place_never_takes_the_place_of_a_good_one(
    small_world: pd.DataFrame, tmp_path: Path, run_cli: RunCli
) -> None:
    small_world.to_csv(tmp_path / "good.csv", index=False)
    small_world.assign(lat=999.0).to_csv(tmp_path / "bad.csv", index=False)
    out = ["--out", tmp_path / "world"]
    assert run_cli("read", "--addresses", tmp_path / "good.csv", *out).exit_code == 0
    before = read_all(tmp_path / "world")
    said = run_cli("read", "--addresses", tmp_path / "bad.csv", *out)
    assert said.exit_code == 2
    assert "Invalid world without a place for " in said.stderr
    assert read_all(tmp_path / "world") == before
