"""Settings that nobody means: each is refused at the door, with what is allowed."""

from pathlib import Path
from typing import Any

import pytest

from conftest import RunCli
from gii_geo import Settings
from gii_geo.tables import InputError

DIGITS = "9" * 5000
LONG = "x" * 5000


@pytest.mark.parametrize(
    ("values", "allowed"),
    [
        ({"radius_km": 1e-4}, "at least 0.05 and at most 20000"),
        ({"radius_km": 5e-324}, "at least 0.05"),
        ({"radius_km": float("nan")}, "at least 0.05"),
        ({"radius_km": 10**5000}, "at most 20000"),
        ({"min_addresses": 10**5000}, "at least 1 and at most 10000000000"),
        ({"min_addresses": 1e308}, "at most 10000000000"),
        ({"score_weights": {"patent": 1e308}}, "at most 1000000000"),
        ({"score_weights": {"deal": float("inf")}}, "at most 1000000000"),
        ({"kinds": ("x" * 100_000,)}, "lower-case letters"),
        ({"years": {"patent": "x" * 100_000}}, "a first and a last year"),
        ({"gap_km": "x" * 100_000}, "a number"),
    ],
    ids=range(11),
)
def test_a_value_beyond_reason_is_refused_shortly(values: dict[str, Any], allowed: str) -> None:
    with pytest.raises((TypeError, ValueError), match="Invalid ") as refused:
        Settings(**values)
    assert allowed in str(refused.value)
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize("name", [*Settings.__dataclass_fields__, "edition", LONG])
@pytest.mark.parametrize("value", [LONG, [LONG, LONG], {LONG: 1}, {LONG: [2018, 2019]}])
def test_a_long_word_of_a_setting_is_refused_shortly(name: str, value: object) -> None:
    with pytest.raises((TypeError, ValueError), match=r"^Invalid ") as refused:
        Settings.from_mapping({name: value})
    assert len(str(refused.value)) < 600


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("a = [" + "[\n" * 12_000 + "]" * 4_000, "too many brackets or dots in one another"),
        ("a = " + "{a=" * 2_000 + "1" + "}" * 2_000, "too many brackets or dots in one another"),
        (".".join("a" * 4_000) + " = 1", "too many brackets or dots in one another"),
        (".".join("a" * 16_000) + " = 1", "a line of more than 8,192 letters"),
        ("radius_km = " + DIGITS, "a whole number of more than 64 bits"),
        ("min_addresses = 0x" + "f" * 5000, "a whole number of more than 64 bits"),
        ("a = [" + '"x",\n' * 1_000_000 + "]", "more than 32,768 letters"),
        ("radius_km = 1\nradius_km = 2", "Cannot overwrite a value"),
        ("\x00", "Invalid statement"),
    ],
    ids=range(9),
)
def test_toml_without_end_is_refused(tmp_path: Path, text: str, wrong: str) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="Must be TOML in UTF-8") as refused:
        Settings.from_toml(path)
    assert str(path) in str(refused.value)
    assert wrong in str(refused.value)
    assert len(str(refused.value)) < 600


@pytest.mark.parametrize(
    "words",
    [
        ("--set", f"gap_km={DIGITS}"),
        ("--set", "gap_km=" + "[" * 5000),
        ("--years", f"patent={DIGITS}-{DIGITS}"),
        ("--radius-km", "0.01", "--min-addresses", "1"),
        ("--weight", "deal=1e400"),
        ("--radii", "1e-9"),
        ("--memory", DIGITS),
    ],
    ids=range(7),
)
def test_a_run_refuses_them_in_one_line(tmp_path: Path, run_cli: RunCli, words: Any) -> None:
    said = run_cli("run", "--demo", "--out", tmp_path / "out", *words)
    assert said.exit_code == 2
    assert said.stderr.count("\n") == 1
    assert said.stderr.startswith("gii-geo: Invalid ")
    assert len(said.stderr) < 1100


@pytest.mark.parametrize("window", ["2030-2020", f"{DIGITS}-{DIGITS}", "2016-2018-2020"])
def test_a_window_that_is_none_is_refused(tmp_path: Path, run_cli: RunCli, window: str) -> None:
    said = run_cli("windows", "--demo", "--windows", window, "--out", tmp_path / "a.csv")
    assert (said.exit_code, said.stderr.count("\n")) == (2, 1)


@pytest.mark.parametrize("name", ["a.xyz", "a", "a.png.gz", "a.csv"])
def test_a_chart_of_no_format_is_refused_before_it_is_drawn(
    tmp_path: Path, run_cli: RunCli, name: str
) -> None:
    said = run_cli("compare", tmp_path, "--published", "2023", "--chart", tmp_path / name)
    assert said.exit_code == 2
    assert "Must end in" in said.stderr


@pytest.mark.parametrize("words", [("--draws", "9" * 30), ("--seed", "9" * 30)])
def test_draws_and_seeds_are_bounded(tmp_path: Path, run_cli: RunCli, words: Any) -> None:
    said = run_cli("stability", "--demo", "--out", tmp_path / "a.csv", *words)
    assert said.exit_code == 2
    assert "at most" in said.stderr
