"""Change the core's code one place at a time and see whether a test notices.

    python scripts/mutate.py [--mutants 10] [--rooms rank merge ...] [--seed 1] [--out FILE]

So many places of each room are drawn: a comparison and its border, an operator, a number, a truth
value, a condition turned, a statement left out. The tests of the room run on a copy of the project
with that one change; where they all pass, the mutant has survived. Writes a table of scores and the
survivors, each of which is to be judged: a missing test, or a change that changes nothing. With
NUMBA_DISABLE_JIT=1 no mutant of a kernel is compiled anew.
"""

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
ROOMS = {
    "cluster": (
        ["gii_geo/regions/cluster/*.py"],
        ["grid", "blocks", "link", "dbscan", "circle", "hdbscan", "radii", "geo_dbscan"],
    ),
    "count": (
        ["gii_geo/records/count.py", "gii_geo/regions/tally.py"],
        [
            *("tally", "count_steps", "counts", "count", "counting", "accounts", "years"),
            *("world", "groups"),
        ],
    ),
    "labels": (
        [
            *(f"gii_geo/records/{name}.py" for name in ("single", "said", "groups", "labels")),
            *("gii_geo/sorting.py", "gii_geo/inside/profile.py"),
        ],
        ["sorting", "label_cells", "profiles", "groups"],
    ),
    "merge": (
        [f"gii_geo/regions/{name}.py" for name in ("merge", "gap", "link", "touch")],
        ["touch", "link", "gap", "merge", "joins"],
    ),
    "rank": (["gii_geo/regions/rank.py"], ["rank", "laws", "pipeline"]),
    "trust": (
        ["gii_geo/trust/*.py"],
        [
            *("draw", "crew", "sure", "explain", "rank_sets", "groups", "stability"),
            *("population", "pipeline"),
        ],
    ),
    "form": (
        ["gii_geo/regions/form.py"],
        ["form", "density", "link", "pipeline", "windows", "sweep", "laws"],
    ),
}
"""Of each room: its files, and the test files that are to notice, quick ones first."""

SWAPPED: dict[type[ast.AST], Callable[[], ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
PATIENCE = 4
"""A mutant that takes so many times as long as the clean tests has been noticed."""

LEAST_WAIT_S = 60.0


@dataclass(frozen=True)
class Mutant:
    """One change of one file."""

    file: str
    line: int
    before: str
    after: str
    code: str


def list_places(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """List what may be changed inside functions: the number of the node, and how."""
    for number, node in enumerate(walk_code(tree)):
        if isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPPED:
            yield number, "compare"
        elif isinstance(node, ast.BinOp | ast.BoolOp | ast.AugAssign):
            if type(node.op) in SWAPPED:
                yield number, "operator"
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.Invert):
            yield number, "unary"
        elif isinstance(node, ast.Constant) and isinstance(node.value, bool | int | float):
            yield number, "constant"
        elif isinstance(node, ast.If | ast.IfExp | ast.While):
            yield number, "condition"
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            yield number, "statement"


def walk_code(tree: ast.AST) -> Iterator[ast.AST]:
    """Walk through the bodies of functions; not through messages, types and texts."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            stack: list[ast.AST] = list(reversed(node.body))
            while stack:
                one = stack.pop()
                if isinstance(one, ast.Raise | ast.FunctionDef | ast.JoinedStr):
                    continue  # a function within is walked through by itself
                yield one
                inner = ast.iter_child_nodes(one)
                if isinstance(one, ast.AnnAssign):
                    inner = iter([one.value] if one.value else [])
                stack.extend(reversed(list(inner)))


def change(node: Any, how: str) -> None:  # noqa: ANN401  # some node of a syntax tree
    """Change a node where it stands."""
    if how == "compare":
        node.ops[0] = SWAPPED[type(node.ops[0])]()
    elif how == "operator":
        node.op = SWAPPED[type(node.op)]()
    elif how == "unary":
        node.operand = ast.UnaryOp(type(node.op)(), node.operand)
    elif how == "constant":
        node.value = not node.value if isinstance(node.value, bool) else node.value + 1
    elif how == "condition":
        node.test = ast.UnaryOp(ast.Not(), node.test)
    else:
        node.value = ast.Constant(None)


def draw_mutants(files: list[Path], many: int, random_: random.Random) -> Iterator[Mutant]:
    """Draw places of some files, each as likely as any other."""
    trees = {file: ast.parse(file.read_text(encoding="utf-8")) for file in files}
    places = [(file, *place) for file, tree in trees.items() for place in list_places(tree)]
    for file, number, how in random_.sample(places, min(many, len(places))):
        tree = deepcopy(trees[file])
        node = list(walk_code(tree))[number]
        line = getattr(node, "lineno", 0)
        before = ast.unparse(node).splitlines()[0]
        change(node, how)
        after = ast.unparse(node).splitlines()[0]
        code = ast.unparse(ast.fix_missing_locations(tree))
        yield Mutant(str(file.relative_to(ROOT)), line, before, after, code)


def copy_project(folder: Path) -> None:
    """Copy what is in the project's index."""
    listed = subprocess.run(
        ["git", "ls-files"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


def try_tests(folder: Path, tests: list[str], waits_s: dict[str, float]) -> bool:
    """Tell whether the tests pass on the copy, file after file, each in its time."""
    return all(try_file(folder, f"tests/test_{name}.py", waits_s[name]) for name in tests)


def time_tests(folder: Path, tests: list[str]) -> dict[str, float]:
    """Run the tests on the copy as it is, and tell how long each file may take."""
    waits_s = {}
    for name in tests:
        start = time.monotonic()
        if not try_file(folder, f"tests/test_{name}.py", None):
            sys.exit(f"The tests of {name} fail as it is.")
        waits_s[name] = max(PATIENCE * (time.monotonic() - start), LEAST_WAIT_S)
    return waits_s


def try_file(folder: Path, file: str, wait_s: float | None) -> bool:
    """Tell whether a file's tests pass on the copy in time."""
    words = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
    words += ["-m", "not shared_data", file]
    env = os.environ | {"PYTHONPATH": str(folder), "NUMBA_CACHE_DIR": str(folder / ".numba")}
    try:
        done = subprocess.run(  # noqa: S603
            words, cwd=folder, env=env, capture_output=True, timeout=wait_s, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def main() -> None:
    """Draw, try and tell."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mutants", type=int, default=10, help="of each room")
    parser.add_argument("--rooms", nargs="+", choices=ROOMS, default=list(ROOMS))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="a Markdown file; printed in any case")
    asked = parser.parse_args()
    lines = ["| room | mutants | noticed | score |", "|---|---:|---:|---:|"]
    alive = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy_project(folder)
        for room in asked.rooms:
            globs, tests = ROOMS[room]
            files = sorted(path for glob in globs for path in ROOT.glob(glob))
            waits_s = time_tests(folder, tests)
            mutants = list(draw_mutants(files, asked.mutants, random.Random(asked.seed)))  # noqa: S311
            noticed = 0
            for mutant in mutants:
                (folder / mutant.file).write_text(mutant.code, encoding="utf-8")
                own = sorted(tests, key=lambda name: not name.startswith(Path(mutant.file).stem))
                survived = try_tests(folder, own, waits_s)
                shutil.copy2(ROOT / mutant.file, folder / mutant.file)
                noticed += not survived
                told = f"{mutant.file}:{mutant.line}: `{mutant.before}` -> `{mutant.after}`"
                print("survived" if survived else "noticed", told, flush=True)
                alive += [f"- {told}"] if survived else []
            share = noticed / max(len(mutants), 1)
            lines.append(f"| {room} | {len(mutants)} | {noticed} | {share:.0%} |")
    text = "\n".join([*lines, "", *alive, ""])
    print(text)
    if asked.out:
        asked.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
