"""The README: every command and every call that stands in it is run here, in its order."""

import re
import shlex
import shutil
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box
from test_population import write_raster
from test_uspto import grant

import gii_geo
from conftest import RunCli

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^\$ (.*)$", README, flags=re.MULTILINE)
CALLS = re.findall(r"^\| [A-Z][^|]*\? \| (.*) \|$", README, flags=re.MULTILINE)
SET_UP = ("make run", "make test", "pip install .")
"""What is run by CI itself."""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the files that the README's commands name: a part of the built-in world."""
    folder = tmp_path_factory.mktemp("readme")
    world = pd.read_parquet(gii_geo.demo_path())
    near = world["lon"].isna() & (world.index % 50 == 0)
    for lon, lat in ((2.35, 48.86), (-0.12, 51.5), (11.58, 48.14), (7.59, 47.56), (103.8, 1.35)):
        near |= world["lon"].between(lon - 0.3, lon + 0.3) & world["lat"].between(
            lat - 0.3, lat + 0.3
        )
    world = world[near].reset_index(drop=True)
    world.to_parquet(folder / "all.parquet")
    kinds = dict(list(world.groupby("kind")))
    kinds["patent"].to_parquet(folder / "inventors.parquet")
    half = len(kinds["publication"]) // 2
    for number, part in enumerate(np.split(np.arange(len(kinds["publication"])), [half]), start=1):
        kinds["publication"].iloc[part].to_csv(folder / f"authors-{number}.csv", index=False)
    for name in ("deals", "marks_1", "marks_2", "standards"):
        kinds["deal"].to_csv(folder / f"{name}.csv", index=False)
    named = kinds["deal"].rename(columns={"lon": "lng", "economy": "country"})
    named.to_csv(folder / "rounds.csv", index=False)
    rounds = pd.DataFrame({"company_permalink": [f"/company/{number}" for number in range(300)]})
    rounds = rounds.assign(
        company_country_code="USA",
        company_state_code="NY",
        company_region="New York",
        company_city="New York",
        funding_round_type="venture",
        funded_at="2012-06-30",
        raised_amount_usd=1,
    )
    rounds.to_csv(folder / "crunchbase.csv", index=False)
    with zipfile.ZipFile(folder / "ipg130416.zip", "w") as archive:
        grants = [grant(f"08{number:06d}", "Boston,MA,US|Cambridge,MA,US") for number in range(60)]
        archive.writestr("ipg130416.xml", "".join(grants))
    squares = gpd.GeoDataFrame(
        {"NUTS_NAME": ["west", "east"]}, geometry=[box(-180, -90, 5, 90), box(5, -90, 180, 90)]
    )
    squares.set_crs("EPSG:4326").to_file(folder / "nuts2.gpkg")
    write_raster(folder / "ghs_pop.tif", np.full((60, 90), 1000.0), west_north=(-30.0, 75.0))
    gii_geo.find_regions({"patent": folder / "inventors.parquet"}).write(folder / "last_year")
    job = 'runs = "runs"\n[inputs]\npatents = "inventors.parquet"\n'
    (folder / "job.toml").write_text(job, encoding="utf-8")
    return folder


def expand(command: str, folder: Path) -> list[str]:
    """Do what a shell does with a command; put inputs for dots, and draw a tenth as often."""
    command = command.replace("…", "--patents inventors.parquet").replace("draws 200", "draws 20")
    words = shlex.split(command, comments=True)
    expanded = [
        sorted(path.name for path in folder.glob(word)) if "*" in word else [word] for word in words
    ]
    return [word for part in expanded for word in part]


def test_the_readme_has_exactly_two_commands_for_a_fresh_machine() -> None:
    made = [command.split("#")[0].strip() for command in COMMANDS if command.startswith("make")]
    assert made == ["make run", "make test"]


def test_every_command_of_the_readme_runs(
    folder: Path, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    ran = 0
    for command in COMMANDS:
        if command.split("#")[0].strip() in SET_UP:
            continue
        words = expand(command, folder)
        assert words[0] == "gii-geo", command
        said = run_cli(*words[1:])
        assert said.exit_code == 0, f"{command}\n{said.stderr}"
        ran += 1
    assert ran == len(COMMANDS) - len(SET_UP) > 10
    assert (folder / "ranks.png").stat().st_size > 0
    again = run_cli("run", "--repeat", "out/run.json", "--out", "again")
    assert again.exit_code == 0, again.stderr
    shutil.rmtree(folder / "again")


def test_every_call_of_the_readme_answers(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    world = gii_geo.read_world("all.parquet")
    result = gii_geo.find_regions(world)
    names = {
        "gii_geo": gii_geo,
        "world": world,
        "result": result,
        "table": pd.DataFrame({"lon": [2.35], "lat": [48.86]}),
    }
    assert len(CALLS) >= 10
    shutil.rmtree(folder / "world", ignore_errors=True)
    for call in CALLS:
        code = call.strip("`").split("`")[0]
        for statement in code.split("; "):
            answer = eval(statement, names)  # noqa: S307  # our own README
            assert answer is not None
            assert not hasattr(answer, "empty") or not answer.empty or "CH" in statement, statement
