"""Imports point one way, only storage touches DuckDB, and the definitions load quickly."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import influence_assets

ROOT = Path(influence_assets.__file__).parent
NAME = ROOT.name


@cache
def imports(module: str) -> frozenset[str]:
    """Every module that a file of the package imports, also within functions."""
    path = ROOT / module
    tree = ast.parse(path.read_text(encoding="utf-8"))
    package = [NAME, *Path(module).parent.parts]
    return frozenset(_imported(tree, package))


def _imported(tree: ast.AST, package: list[str]) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*parts, *([node.module] if node.module else [])])
            yield base
            # `from influence_assets import storage` names a package of ours too.
            if base == NAME:
                yield from (f"{NAME}.{alias.name}" for alias in node.names)


def modules(layer: str = "") -> list[str]:
    folder = ROOT / layer
    return sorted(str(p.relative_to(ROOT)) for p in folder.rglob("*.py"))


def ours(module: str) -> set[str]:
    """First part below the package of each import of ours."""
    found = {i.split(".")[1] for i in imports(module) if i.startswith(f"{NAME}.")}
    return found - {"__version__"}


def outside(module: str) -> set[str]:
    return {i.split(".")[0] for i in imports(module)} - {NAME}


ALLOWED = {
    "contracts": {"contracts", "errors"},
    "domain": {"domain", "contracts", "errors", "torch_door"},
    "encoders": {"encoders", "errors", "torch_door"},
    "media": {"media", "errors"},
    "sources": {"sources", "contracts", "errors", "media"},
    "storage": {"storage", "contracts", "errors", "settings"},
    "collectors": {"collectors", "errors"},
    "reporting": {"reporting"},
    # The tiny CLIP of the demo is trained on the sample world.
    "sample": {"sample", "encoders", "torch_door"},
}


def test_the_layers_are_there() -> None:
    # A layer that was renamed would pass every test below without being looked at.
    assert {layer for layer in ALLOWED if modules(layer)} == set(ALLOWED)
    assert "contracts" in ours("sources/mapping.py")
    assert "sources" in ours("ingest.py")


@pytest.mark.parametrize("layer", sorted(ALLOWED))
def test_imports_point_one_way(layer: str) -> None:
    strays = {m: ours(m) - ALLOWED[layer] for m in modules(layer)}
    # The names of stored model files come from domain, for the type checker or when called.
    strays = {
        m: s for m, s in strays.items() if s and (m, s) != ("storage/artifacts.py", {"domain"})
    }
    assert strays == {}


@pytest.mark.parametrize(
    "layer", ["domain", "encoders", "media", "sources", "contracts", "collectors"]
)
def test_pure_layers_know_neither_dagster_nor_duckdb(layer: str) -> None:
    impure = {"dagster", "dagster_duckdb", "duckdb"}
    assert {m: outside(m) & impure for m in modules(layer) if outside(m) & impure} == {}


def test_who_may_use_duckdb() -> None:
    # Storage connects; the command line names its errors; the resource is Dagster's own.
    users = {m for m in modules() if "duckdb" in outside(m)}
    assert users == {
        "cli.py",
        "storage/file_versions.py",
        "storage/ledger.py",
        "storage/reconcile.py",
        "storage/touched.py",
        "storage/upgrade.py",
        "storage/vectors.py",
        "storage/versions.py",
        "storage/warehouse.py",
    }
    assert {m for m in modules() if "dagster_duckdb" in outside(m)} == {"resources.py"}


def test_only_the_warehouse_connects() -> None:
    called = {m for m in modules() if "duckdb.connect(" in (ROOT / m).read_text(encoding="utf-8")}
    assert called == {"storage/warehouse.py"}


def test_pure_layers_read_no_environment() -> None:
    # What the environment says reaches them as an argument: `settings` is where it is read.
    readers = set()
    for module in modules():
        tree = ast.parse((ROOT / module).read_text(encoding="utf-8"))
        names = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
        if {"environ", "getenv"} & names:
            readers.add(module)
    assert "settings.py" in readers
    assert {m for m in readers if m.split("/")[0] in ALLOWED} == set()


LOADED = """
import json, sys, time
start = time.process_time()
import influence_assets.definitions
took = time.process_time() - start
print(json.dumps({"took": took, "modules": sorted({m.split(".")[0] for m in sys.modules})}))
"""

HEAVY = {"torch", "transformers", "open_clip", "catboost", "xgboost", "matplotlib", "cv2"}


def test_definitions_load_quickly_and_nothing_heavy(tmp_path: Path) -> None:
    best = float("inf")
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", LOADED],
            capture_output=True, text=True, timeout=60, check=False, cwd=ROOT.parent,
            env={"PATH": "", "INFLUENCE_HOME": str(tmp_path), "DAGSTER_DISABLE_TELEMETRY": "yes"},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout.splitlines()[-1])
        assert HEAVY & set(told["modules"]) == set()
        best = min(best, told["took"])
    # Processor time of the better of two: a busy machine is no fault of the code.
    assert best < 3.0
    # Looking at the definitions makes nothing on disk.
    assert list(tmp_path.iterdir()) == []
