"""A package imports only from packages of lower number (the layer table of CONTRIBUTING.md), and no
module imports, through others, itself."""

import ast
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "dynascene"
LAYER_OF = {
    "": 0, "errors": 0, "extras": 0, "seeds": 0, "devices": 0, "types": 0, "clip_fields": 0,
    "clip_tensors": 0, "training_batch": 0, "parallel": 0, "loading": 0, "memory": 0, "display": 0,
    "task_mix": 0, "body_pose": 0, "phrases": 0, "imaging": 1,
    "geometry": 2,
    "io": 3,
    "jobs": 4,
    "estimators": 5,
    "curation": 6, "datasets": 6, "models": 6,
    "synthetic": 7,
    "training": 8, "generation": 8,
    "recipes": 9, "evaluation": 9,
    "reproduction": 10, "diagnosis": 10,
    "interfaces": 11,
}  # fmt: skip
# recipes describe runs (8 → 9) and both belong above training; evaluation sits beside them


def package_of(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def module_of(path: Path) -> str:
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(["dynascene", *(parts[:-1] if parts[-1] == "__init__" else parts)])


DATA = SOURCE / "weights"  # with the line by which diffusers loads them
MODULES = {module_of(p): p for p in sorted(SOURCE.rglob("*.py")) if DATA not in p.parents}


def imported_modules(text: str, modules: Iterable[str] = MODULES) -> list[str]:
    """The own modules that a source text imports, within functions and for type checks too."""
    imported: list[str] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            imported += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: relative import"
            module = node.module or ""
            for alias in node.names:  # a module of a package, or a name of a module
                member = f"{module}.{alias.name}"
                imported.append(member if member in modules else module)
    return [name for name in imported if name == "dynascene" or name.startswith("dynascene.")]


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


def find_circle(imports: Mapping[str, Iterable[str]]) -> list[str]:
    """The modules of a circle of imports, the first one again at the end; empty without circles."""
    finished: set[str] = set()

    def search(module: str, path: list[str]) -> list[str]:
        if module in path:
            return [*path[path.index(module) :], module]
        if module in finished:
            return []
        for other in imports.get(module, ()):
            circle = search(other, [*path, module])
            if circle:
                return circle
        finished.add(module)
        return []

    return next(filter(None, (search(module, []) for module in imports)), [])


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_downwards(module: str) -> None:
    package = package_of(module)
    assert package in LAYER_OF, f"{module} lies in no layer"
    if package == "":
        return  # the package's front page names the public objects of all layers
    assert violations(package, imported_modules(MODULES[module].read_text(encoding="utf-8"))) == []


def test_no_module_imports_itself_through_others() -> None:
    imports = {
        name: imported_modules(path.read_text(encoding="utf-8")) for name, path in MODULES.items()
    }
    assert find_circle(imports) == []


def test_the_rules_can_fail() -> None:
    assert violations("geometry", ["dynascene.io.video"]) == ["dynascene.io.video"]
    assert violations("models", ["dynascene.datasets"]) == ["dynascene.datasets"]
    assert violations("datasets", ["dynascene.synthetic.worlds"]) == ["dynascene.synthetic.worlds"]
    assert violations("io", ["dynascene.geometry.rigid", "dynascene.types"]) == []


def test_circles_are_found() -> None:
    assert find_circle({"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": []}) == []
    assert find_circle({"a": ["b"], "b": ["c"], "c": ["d"], "d": ["b"]}) == ["b", "c", "d", "b"]
    assert find_circle({"a": ["a"]}) == ["a", "a"]


def test_imports_within_functions_and_for_type_checks_count() -> None:
    text = (
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from dynascene.io import video\n"
        "def f():\n    import torch\n    from dynascene.io.video import open_video\n"
        "    import dynascene.types\n"
    )
    assert imported_modules(text, {"dynascene.io.video"}) == [
        "dynascene.io.video", "dynascene.io.video", "dynascene.types",
    ]  # fmt: skip
