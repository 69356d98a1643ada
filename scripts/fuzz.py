"""Give every reader files that are broken at random, and hold what it says against what it must.

Run with: python scripts/fuzz.py --minutes 10
A target takes valid files, changes them (bits, bytes, pieces, numbers, words of the format) and
reads them. It must read or refuse in one sentence; all else is a crash, and so are more than
`MOST_SECONDS` for one file and more memory than `MOST_BYTES` above what the process began with.
Crashes are kept in --crashes, from where they go into tests/test_fuzz.py.
"""

import argparse
import contextlib
import gzip
import hashlib
import io
import json
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

import gii_geo
from gii_geo.compare.areas import read_areas
from gii_geo.records.engine import Engine
from gii_geo.records.geocode import geocode_addresses
from gii_geo.records.lazy import stream
from gii_geo.records.reading import ReadOptions, open_sources
from gii_geo.records.screen import screen_addresses
from gii_geo.regions.population import check_people, count_people
from gii_geo.tables import InputError

MOST_BYTES: Final = 3 * 2**30
"""Memory that a damaged file may take above what the process had: DuckDB alone may hold 768 MB."""

MOST_SECONDS: Final = 30
"""Time that one damaged file, of less than 1 MB, may take."""

LONGEST: Final = 1000
"""Letters of a sentence that refuses."""

_FOLDER_MARK: Final = b"\n--gii-geo-fuzz-file "
_WORDS: Final = (
    *(b'"', b"'", b",", b";", b"\t", b"\n", b"\r", b"\x00", b"\xff", b"\xef\xbb\xbf", b"\x1b[2J"),
    *(b"nan", b"1e999", b"-1", b"9" * 30, b"9223372036854775807", b"null", b"true", b"=1+1"),
    *(
        b"[",
        b"{",
        b"]",
        b"}",
        b"[[[[[[[[",
        b"{}",
        b"[]",
        b"<",
        b">",
        b"&x;",
        b"<!DOCTYPE a [",
        b"]]>",
    ),
    *(b'<!ENTITY x "y">', b"\xe2\x80\xae", b"../", b"lon,lat\n", b"180.1", b"\xed\xa0\x80"),
    b"x" * 140_000,
)
_NUMBERS: Final = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 2**63 - 1, 2**64 - 1)


class TooSlowError(Exception):
    """A file took more than `MOST_SECONDS`."""


@dataclass(frozen=True)
class Target:
    """What is fuzzed.

    Attributes
    ----------
    seeds : callable
        Gives valid files.
    read : callable
        Takes the path of a file; raises what a reader raises.
    name : str
        Name of the file.
    """

    seeds: Callable[[], list[bytes]]
    read: Callable[[Path], object]
    name: str


@dataclass
class Tally:
    """What came of a target: executions, refusals, and crashes by what they are."""

    executions: int = 0
    refused: int = 0
    crashes: dict[str, bytes] = field(default_factory=dict)


def mutate(seeds: list[bytes], rng: random.Random) -> bytes:
    """Change a valid file at random, in one to eight places.

    A packed file is changed outside, or unpacked, changed and packed again.
    """
    text = rng.choice(seeds)
    if text.startswith(b"\x1f\x8b") and rng.random() < 0.7:  # noqa: PLR2004
        return gzip.compress(mutate([gzip.decompress(text)], rng), 1)
    changed = bytearray(text)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        _change(changed, seeds, rng)
    return bytes(changed)


def _change(text: bytearray, seeds: list[bytes], rng: random.Random) -> None:
    """Change one place."""
    first = rng.randrange(len(text) + 1)
    last = min(len(text), first + rng.choice((1, 1, 2, 4, 8, 32, 500)))
    match rng.randrange(9):
        case 0 | 1 if text:
            text[rng.randrange(len(text))] ^= 1 << rng.randrange(8)
        case 2 if text:
            text[rng.randrange(len(text))] = rng.randrange(256)
        case 3:
            del text[first:last]
        case 4:
            text[first:first] = text[first:last] * rng.choice((1, 2, 50))
        case 5:
            text[first : rng.choice((first, last))] = rng.choice(_WORDS)
        case 6:
            size = rng.choice((1, 2, 4, 8))
            number = rng.choice(_NUMBERS) % 2 ** (8 * size)
            text[first : first + size] = number.to_bytes(size, rng.choice(("little", "big")))
        case 7:
            other = rng.choice(seeds)
            start = rng.randrange(len(other) + 1)
            text[first:last] = other[start : start + rng.choice((4, 40, 400))]
        case _ if rng.random() < 0.2:  # noqa: PLR2004
            del text[first:]


@contextlib.contextmanager
def within_time() -> Iterator[None]:
    """Stop what takes too long."""

    def stop(*_: object) -> None:
        raise TooSlowError

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(MOST_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def try_file(target: Target, text: bytes, folder: Path) -> str | None:
    """Read one file; give None if it was read, "refused", or what the crash is."""
    path = folder / target.name
    path.write_bytes(text)
    try:
        with within_time(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            target.read(path)
    except (InputError, ValueError, TypeError, OSError) as error:
        told = str(error)
        ours = isinstance(error, InputError | OSError) or told.startswith("Invalid ")
        if ours and "\n" not in told and len(told) <= LONGEST:
            return "refused"
        return _describe(error)
    except Exception as error:  # noqa: BLE001  # that is what is looked for
        return _describe(error)
    return None


def _describe(error: BaseException) -> str:
    """Name a crash by its type and by where in the package it came from."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "gii_geo" in frame.filename]
    where = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else "elsewhere"
    return f"{type(error).__name__} at {where}: {str(error)[:200]!r}"


def fuzz(name: str, *, executions: int, seed: int, seconds: float = 1e9) -> Tally:
    """Fuzz one target in this process.

    Parameters
    ----------
    name : str
        One of `TARGETS`.
    executions : int
        At most so many files.
    seed : int
        Of the changes; the same files come again.
    seconds : float
        CPU time at most.
    """
    target, tally, rng = TARGETS[name], Tally(), random.Random(f"{name} {seed}")  # noqa: S311
    seeds = target.seeds()
    begun = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        for text in seeds:
            if (said := try_file(target, text, Path(folder))) is not None:
                msg = f"The seed of {name} must be read; found {said}"
                raise AssertionError(msg)
        while tally.executions < executions and time.process_time() - begun < seconds:
            text = mutate(seeds, rng)
            if _last is not None:
                _last.write_bytes(text)
            said = try_file(target, text, Path(folder))
            tally.executions += 1
            if said == "refused":
                tally.refused += 1
            elif said is not None:
                tally.crashes.setdefault(said.split(": ")[0], text)
                print(f"{name}: {said}", file=sys.stderr)
    return tally


_last: Path | None = None


def _read_addresses(source: str = "columns") -> Callable[[Path], None]:
    """Read a file of addresses to its last cell."""

    def read(path: Path) -> None:
        options = ReadOptions.choose(source=source)
        with Engine(options.duckdb) as engine:
            for opened in open_sources(engine, {"patent": path}, options, lambda _: None):
                for batch in stream(screen_addresses(opened.table)):
                    batch.to_pydict()
            engine.unreadable_lines()

    return read


def _read_whole(path: Path) -> None:
    """Read a file of addresses to a world."""
    gii_geo.read_world({"patent": path})


def _list_addresses() -> pd.DataFrame:
    """Make up some addresses."""
    return pd.DataFrame(
        {
            "record_id": ["a", "a", "b", "c", "d"],
            "lon": [8.54, 8.55, 2.35, -73.9, 8.54],
            "lat": [47.37, 47.38, 48.85, 40.7, 47.37],
            "economy": ["CH", "CH", "FR", "US", None],
            "year": [2018, 2018, 2019, 2020, 2020],
            "count": [1, 2, 1, 3, 1],
            "field": ["Optics;Lasers", "Optics", None, "Food", "Food"],
            "organisation": ["Zürich Ltd", "Æ", "B", None, "C"],
        }
    )


def _parquet() -> list[bytes]:
    files = []
    for options in ({}, {"compression": "zstd"}, {"use_dictionary": False}):
        buffer = io.BytesIO()
        _list_addresses().to_parquet(buffer, index=False, **options)
        files.append(buffer.getvalue())
    return files


def _csv() -> list[bytes]:
    text = _list_addresses().to_csv(index=False)
    quoted = _list_addresses().to_csv(index=False, sep=";", quoting=1)
    return [text.encode(), quoted.encode("utf-8-sig"), text.encode("utf-16"), text.encode("cp1252")]


def _packed_csv() -> list[bytes]:
    text = _csv()[0]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", text)
    return [gzip.compress(text), buffer.getvalue()]


def _points() -> gpd.GeoDataFrame:
    table = _list_addresses()
    geometry = gpd.points_from_xy(table.pop("lon"), table.pop("lat"))
    return gpd.GeoDataFrame(table, geometry=geometry, crs="EPSG:4326")


def _geojson() -> list[bytes]:
    text = _points().to_json().encode()
    return [text, gzip.compress(text)]


def _geoparquet() -> list[bytes]:
    buffer = io.BytesIO()
    _points().to_parquet(buffer)
    return [buffer.getvalue()]


def _uspto() -> list[bytes]:
    grant = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE us-patent-grant SYSTEM "us-patent-grant-v42-2006-08-23.dtd" [ ]>
<us-patent-grant><us-bibliographic-data-grant><publication-reference><document-id>
<doc-number>D0001</doc-number><kind>B2</kind><date>20130416</date></document-id>
</publication-reference><application-reference appl-type="utility"><document-id>
<date>20101222</date></document-id></application-reference>
<classifications-ipcr><classification-ipcr><section>G</section><class>06</class><subclass>F
</subclass></classification-ipcr></classifications-ipcr><us-parties><inventors><inventor>
<addressbook><last-name>Doe</last-name><address><city>Zürich</city><country>CH</country></address>
</addressbook></inventor></inventors></us-parties></us-bibliographic-data-grant></us-patent-grant>
"""
    text = (grant + grant.replace("D0001", "D0002")).encode()
    return [text, text.replace(b"UTF-8", b"utf-8"), gzip.compress(text)]


def _patentsview() -> list[bytes]:
    tables = {
        "g_inventor_disambiguated": (
            "patent_id\tinventor_sequence\tinventor_id\tgender_code\tlocation_id\n"
            '"1"\t"0"\t"i-1"\t"F"\t"L"\n'
        ),
        "g_location_disambiguated": (
            "location_id\tdisambig_city\tdisambig_state\tdisambig_country\tlatitude\tlongitude\n"
            '"L"\t"San Jose"\t"CA"\t"US"\t"37.33"\t"-121.89"\n'
        ),
        "g_patent": 'patent_id\tpatent_type\tpatent_date\n"1"\t"utility"\t"2018-06-19"\n',
    }
    return [
        b"".join(
            _FOLDER_MARK + name.encode() + b".tsv\n" + text.encode()
            for name, text in tables.items()
        )
    ]


def _split_folder(path: Path) -> Path:
    """Write the files of a folder that were written into one."""
    folder = path.with_suffix(".folder")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for part in path.read_bytes().split(_FOLDER_MARK)[1:]:
        name, _, text = part.partition(b"\n")
        plain = "".join(
            letter for letter in name.decode("latin-1") if letter.isalnum() or letter in "._"
        )
        (folder / (plain[:60] or "x")).write_bytes(text)
    return folder


def _read_patentsview(path: Path) -> None:
    _read_addresses("patentsview")(_split_folder(path))


def _openalex() -> list[bytes]:
    place = {"city": "Basel", "country_code": "CH", "latitude": 47.56, "longitude": 7.59}
    institution = {"id": "https://openalex.org/I1", "display_name": "U", "country_code": "CH"}
    work = {
        "id": "https://openalex.org/W1",
        "publication_year": 2024,
        "type": "article",
        "primary_topic": {"field": {"display_name": "Optics"}},
        "authorships": [
            {
                "institutions": [institution],
                "countries": ["CH"],
                "raw_affiliation_strings": ["U, Basel, Switzerland"],
            }
        ],
    }
    lines = [{"id": "https://openalex.org/I1", "geo": place}, work, work | {"id": "W2"}]
    text = "\n".join(map(json.dumps, lines)).encode()
    return [text, gzip.compress(text)]


def _web_of_science() -> list[bytes]:
    text = (
        "FN Clarivate Analytics Web of Science\nVR 1.0\nPT J\nUT WOS:1\nDT Article\nPY 2024\n"
        "WC Physics, Applied\nC1 [Smith, J; Doe, K] Univ Oxford, Oxford OX1 3PU, England.\n"
        "   [Doe, K] MIT, Cambridge, MA 02139 USA.\nER\n\nEF"
    )
    table = (
        "PT\tAU\tDT\tC1\tPY\tWC\tUT\n"
        "J\tSmith, J\tArticle\tUniv Oxford, England\t2024\tPhysics\tWOS:1\t\n"
    )
    return [text.encode(), table.encode("utf-8-sig"), table.encode("utf-16")]


def _crunchbase() -> list[bytes]:
    text = (
        b"company_permalink,company_country_code,company_state_code,company_region,company_city,"
        b"funding_round_type,funded_at,raised_amount_usd\n"
        b"/company/waywire,USA,NY,New York,New York,series-a,2012-06-30,1750000\n"
        b'/company/vigo,FIN,,Helsinki,"Espoo, West",angel,2013-01-03,\n'
    )
    return [text]


def _settings() -> list[bytes]:
    chosen = gii_geo.Settings(kinds=("patent", "deal"), years={"patent": (2010, 2012)})
    return [chosen.to_toml().encode(), b"edition = 2024\nradius_km = 13\n# a remark\n"]


def _world() -> list[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        files = gii_geo.read_world({"patent": _list_addresses()}).write(folder)
        parts = [_FOLDER_MARK + file.name.encode() + b"\n" + file.read_bytes() for file in files]
    return [b"".join(parts)]


def _read_world(path: Path) -> None:
    repr(gii_geo.read_world(_split_folder(path)))


def _addresses_in_words() -> list[bytes]:
    geocode_addresses(pd.DataFrame({"address": ["Basel"]}))  # reads the gazetteer, once
    return [
        "Univ Oxford, Dept Phys, Oxford OX1 3PU, England\nMIT, Cambridge, MA 02139 USA\n"
        "Zürich, Switzerland\n1-1 Chiyoda-ku, Tokyo, Japan\n北京市海淀区\nSankt Gallen CH".encode()
    ]


def _read_words(path: Path) -> None:
    lines = path.read_bytes().decode("utf-8", "replace").split("\n")
    found = geocode_addresses(pd.DataFrame({"address": lines}))
    if len(found) != len(lines):
        msg = f"{len(lines)} addresses gave {len(found)} rows"
        raise AssertionError(msg)


def _polygons() -> list[bytes]:
    boxes = [shapely.box(8, 47, 9, 48), shapely.box(2, 48, 3, 49)]
    table = gpd.GeoDataFrame({"name": ["a", "b"]}, geometry=boxes, crs="EPSG:4326")
    return [table.to_json().encode()]


def _raster() -> list[bytes]:
    import rasterio  # noqa: PLC0415  # an extra

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.tif"
        place = rasterio.transform.from_origin(8, 48, 0.25, 0.25)
        form = {"driver": "GTiff", "height": 4, "width": 4, "count": 1, "dtype": "float32"}
        with rasterio.open(path, "w", crs="EPSG:4326", transform=place, **form) as raster:
            raster.write(np.arange(16, dtype="float32").reshape(4, 4), 1)
        return [path.read_bytes()]


def _read_raster(path: Path) -> None:
    check_people(path)
    outlines = gpd.GeoSeries([shapely.box(8.1, 47.1, 8.9, 47.9)], index=["R"], crs="EPSG:4326")
    count_people(outlines, path)


def _read_polygons(path: Path) -> None:
    read_areas(path, name="name")


TARGETS: Final = {
    "parquet": Target(_parquet, _read_addresses(), "a.parquet"),
    "csv": Target(_csv, _read_addresses(), "a.csv"),
    "packed csv": Target(_packed_csv, _read_addresses(), "a.csv.gz"),
    "geojson": Target(_geojson, _read_addresses(), "a.geojson"),
    "geoparquet": Target(_geoparquet, _read_addresses(), "a.parquet"),
    "csv to a world": Target(_csv, _read_whole, "a.csv"),
    "uspto": Target(_uspto, _read_addresses("uspto"), "ipg1.xml"),
    "patentsview": Target(_patentsview, _read_patentsview, "a.files"),
    "openalex": Target(_openalex, _read_addresses("openalex"), "works.jsonl"),
    "web of science": Target(_web_of_science, _read_addresses("web_of_science"), "a.txt"),
    "crunchbase": Target(_crunchbase, _read_addresses("crunchbase"), "rounds.csv"),
    "settings": Target(_settings, gii_geo.Settings.from_toml, "a.toml"),
    "world": Target(_world, _read_world, "world.files"),
    "geocoder": Target(_addresses_in_words, _read_words, "a.txt"),
    "polygons": Target(_polygons, _read_polygons, "a.geojson"),
    "population": Target(_raster, _read_raster, "a.tif"),
}
"""Name to what is fuzzed under it."""


def _limit_memory() -> None:
    """Hold this process to `MOST_BYTES` above what it has."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    most = pages * resource.getpagesize() + MOST_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _keep(crashes: Path, name: str, said: str, text: bytes) -> None:
    """Keep a file that crashed."""
    crashes.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(said.encode()).hexdigest()[:8]
    (crashes / f"{name.replace(' ', '_')}-{digest}").write_bytes(text)


def _run_child(name: str, seed: int, seconds: float, crashes: Path) -> None:
    """Fuzz one target and print what came of it; a process of its own, as it may die."""
    global _last  # noqa: PLW0603  # read by the parent if this process dies
    _last = crashes / f"last {name}"
    crashes.mkdir(parents=True, exist_ok=True)
    _warm(name)
    _limit_memory()
    tally = fuzz(name, executions=10**9, seed=seed, seconds=seconds)
    _last.unlink(missing_ok=True)
    for said, text in tally.crashes.items():
        _keep(crashes, name, said, text)
    print(json.dumps([tally.executions, tally.refused, sorted(tally.crashes)]))


def _warm(name: str) -> None:
    """Load what a target loads once, before its memory is measured."""
    with tempfile.TemporaryDirectory() as folder:
        try_file(TARGETS[name], TARGETS[name].seeds()[0], Path(folder))


def main() -> None:
    """Fuzz the targets one after the other and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10, help="CPU minutes of each target")
    parser.add_argument("--only", nargs="*", choices=[*TARGETS], default=[*TARGETS])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--crashes", type=Path, default=Path("fuzz_crashes"))
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        _run_child(asked.only[0], asked.seed, 60 * asked.minutes, asked.crashes)
        return
    print("| target | files | read | refused | crashes |\n|---|---:|---:|---:|---:|")
    for name in asked.only:
        words = [sys.executable, __file__, "--child", "--only", name, "--seed", str(asked.seed)]
        words += ["--minutes", str(asked.minutes), "--crashes", str(asked.crashes)]
        done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            print(f"| {name} | died ({done.returncode}), file kept as 'last {name}' |")
            print(done.stderr[-2000:], file=sys.stderr)
            continue
        files, refused, crashes = json.loads(done.stdout.splitlines()[-1])
        print(f"| {name} | {files:,} | {files - refused:,} | {refused:,} | {len(crashes)} |")
        for crash in crashes:
            print(f"{name}: {crash}", file=sys.stderr)


if __name__ == "__main__":
    main()
