"""What every file of the package keeps to (the conventions of CONTRIBUTING.md)."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "dynascene"
MOST_LINES = 330  # "around 300"
MODULES = sorted(SOURCE.rglob("*.py"))


def faults(name: str, text: str) -> list[str]:
    wrong = []
    if name == "utils.py":
        wrong.append("says nothing of what it holds")
    if len(text.splitlines()) > MOST_LINES:
        wrong.append(f"has more than {MOST_LINES} lines")
    tree = ast.parse(text)
    if tree.body and not ast.get_docstring(tree):
        wrong.append("has no docstring")
    return wrong


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_a_module_keeps_to_the_conventions(path: Path) -> None:
    assert faults(path.name, path.read_text(encoding="utf-8")) == []


def test_every_folder_with_modules_is_a_package() -> None:
    """Without ``__init__.py`` a folder works in a checkout and is missing in a wheel."""
    assert [path.parent for path in MODULES if not (path.parent / "__init__.py").is_file()] == []


def test_the_conventions_can_be_broken() -> None:
    assert faults("utils.py", '"""Odds and ends."""') == ["says nothing of what it holds"]
    assert faults("moves.py", "X = 1\n" * 400) == ["has more than 330 lines", "has no docstring"]
    assert faults("__init__.py", "") == []
