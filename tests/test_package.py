"""What every file of the package keeps to (the conventions of CONTRIBUTING.md)."""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "dynascene"
MOST_LINES = 330  # "around 300"
# weights are data; what diffusers imports lies with them
MODULES = sorted(p for p in SOURCE.rglob("*.py") if p.relative_to(SOURCE).parts[0] != "weights")
# A bare participle says that something has happened to a value, and not what the value is.
PARTICIPLES = {"found", "known", "kept", "told", "held", "said"}


def faults(name: str, text: str) -> list[str]:
    wrong = []
    if name == "utils.py":
        wrong.append("says nothing of what it holds")
    if len(text.splitlines()) > MOST_LINES:
        wrong.append(f"has more than {MOST_LINES} lines")
    tree = ast.parse(text)
    if tree.body and not ast.get_docstring(tree):
        wrong.append("has no docstring")
    for bound, line in bound_names(tree):
        if bound.strip("_") in PARTICIPLES:
            wrong.append(f"line {line}: names a value {bound!r}")
    return wrong


def bound_names(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every name that a module gives to something, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.id if isinstance(node, ast.Name) else node.attr, node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name, node.lineno
        elif isinstance(node, ast.alias) and node.asname:
            yield node.asname, node.lineno
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            yield node.name, node.lineno


def repeated_classes(texts: Mapping[str, str]) -> dict[str, list[str]]:
    """Names of public classes that several modules define, with these modules."""
    modules = defaultdict(list)
    for module, text in texts.items():
        for node in ast.parse(text).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                modules[node.name].append(module)
    return {name: places for name, places in modules.items() if len(places) > 1}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_a_module_keeps_to_the_conventions(path: Path) -> None:
    assert faults(path.name, path.read_text(encoding="utf-8")) == []


def test_no_two_public_classes_share_a_name() -> None:
    texts = {str(path.relative_to(SOURCE)): path.read_text(encoding="utf-8") for path in MODULES}
    assert repeated_classes(texts) == {}


def test_every_folder_with_modules_is_a_package() -> None:
    """Without ``__init__.py`` a folder works in a checkout and is missing in a wheel."""
    assert [path.parent for path in MODULES if not (path.parent / "__init__.py").is_file()] == []


def test_the_conventions_can_be_broken() -> None:
    assert faults("utils.py", '"""Odds and ends."""') == ["says nothing of what it holds"]
    assert faults("moves.py", "X = 1\n" * 400) == ["has more than 330 lines", "has no docstring"]
    assert faults("__init__.py", "") == []
    assert faults("moves.py", '"""Moves."""\ndef f(kept):\n    _said = self.x = 1\n') == [
        "line 2: names a value 'kept'",
        "line 3: names a value '_said'",
    ]
    assert faults("moves.py", '"""Moves."""\nknown_names, is_kept = 1, 2\nprint(said)\n') == []
    classes = {
        "a.py": "class Clip: ...\nclass _Row: ...",
        "b.py": "class Clip: ...\nclass _Row: ...",
    }
    assert repeated_classes(classes) == {"Clip": ["a.py", "b.py"]}


def test_every_file_of_tests_has_a_name_of_its_own() -> None:
    """Two of one name in folders without packages cannot be collected together."""
    names = [path.name for path in Path(__file__).parent.rglob("test_*.py")]
    assert [name for name in set(names) if names.count(name) > 1] == []
