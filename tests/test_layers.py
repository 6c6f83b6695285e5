"""A package imports only from packages of lower number (the layer table of CONTRIBUTING.md)."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "dynascene"
LAYER_OF = {
    "": 0, "errors": 0, "types": 0, "parallel": 0, "display": 0,
    "geometry": 1,
    "io": 2,
    "estimators": 3,
    "curation": 4, "datasets": 4, "models": 4,
    "training": 5, "generation": 5,
    "recipes": 6, "evaluation": 6,
    "interfaces": 7,
}  # fmt: skip
# recipes describe runs (5 → 6) and both belong above training; evaluation sits beside them


def package_of(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def imported_modules(path: Path) -> list[str]:
    modules: list[str] = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            modules += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            if module == "dynascene":
                modules += [f"dynascene.{alias.name}" for alias in node.names]
            else:
                modules.append(module)
    return [m for m in modules if m == "dynascene" or m.startswith("dynascene.")]


def violations(package: str, modules: list[str]) -> list[str]:
    own = LAYER_OF[package]
    wrong = []
    for module in modules:
        other = package_of(module)
        if other.startswith("__") or other == package:
            continue
        if own == 0 and LAYER_OF.get(other, 99) == 0:
            continue
        if LAYER_OF.get(other, 99) >= own:
            wrong.append(module)
    return wrong


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda p: str(p.name))
def test_imports_point_downwards(path: Path) -> None:
    relative = path.relative_to(SOURCE).with_suffix("")
    package = "" if relative.parts[0] == "__init__" else relative.parts[0]
    assert package in LAYER_OF, f"{path} lies in no layer"
    if package == "":
        return  # the package's front page names the public objects of all layers
    assert violations(package, imported_modules(path)) == []


def test_the_rule_can_fail() -> None:
    assert violations("geometry", ["dynascene.io.video"]) == ["dynascene.io.video"]
    assert violations("models", ["dynascene.datasets"]) == ["dynascene.datasets"]
    assert violations("io", ["dynascene.geometry.rigid", "dynascene.types"]) == []
