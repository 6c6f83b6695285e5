"""What the documents say is there is there."""

import ast
import importlib
import re
from pathlib import Path

import pytest

import dynascene
from dynascene.interfaces.cli.main import main
from dynascene.models.systems import SYSTEMS
from dynascene.recipes import all_recipes

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
PAPER = (ROOT / "docs" / "paper.md").read_text(encoding="utf-8")


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").split()) <= 700


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    local = [link for link in links if not link.startswith("http")]
    assert [link for link in local if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_named_programs_are_there(page: Path) -> None:
    named = re.findall(
        r"(?<![\w/.])(?:tests|benchmarks|tools)/[\w/]+\.py", page.read_text(encoding="utf-8")
    )
    assert [name for name in named if not (ROOT / name).is_file()] == []


def test_every_page_has_its_place_in_the_site() -> None:
    nav = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").split("nav:")[1]
    named = re.findall(r"(\S+\.md)", nav)
    assert sorted(named) == sorted(page.name for page in ROOT.glob("docs/*.md"))


def test_the_readmes_python_example_can_be_imported() -> None:
    block = re.search(
        r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S
    )
    assert block is not None
    tree = ast.parse(block[1])
    names = [
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "dynascene"
        for alias in node.names
    ]
    assert "make_clip" in names
    assert all(hasattr(dynascene, name) for name in names)


def resolves(dotted: str) -> bool:
    """Whether a dotted name below ``dynascene`` is a module or an attribute of one."""
    parts = dotted.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(["dynascene", *parts[:cut]]))
        except ModuleNotFoundError:
            continue
        for attribute in parts[cut:]:
            if not hasattr(found, attribute):
                return False
            found = getattr(found, attribute)
        return True
    return False


def code_names() -> list[str]:
    """The dotted names in the tables' code column."""
    names = re.findall(r"`((?:[a-z_0-9]+\.)+[A-Za-z_0-9]+)`", PAPER)
    files = (".py", ".md")
    recipes = (*(f"{system}." for system in SYSTEMS), "stage")
    return [n for n in names if not n.endswith(files) and not n.startswith(recipes)]


def test_the_papers_equations_have_their_functions() -> None:
    names = code_names()
    assert len(names) > 25
    assert [name for name in names if not resolves(name)] == []


def test_the_resolver_can_fail() -> None:
    assert resolves("models.diffusion.schedule.add_noise")
    assert not resolves("models.diffusion.schedule.take_noise_away")
    assert not resolves("nowhere.at_all")


def test_the_papers_recipes_exist() -> None:
    named = re.findall(rf"`((?:{'|'.join(SYSTEMS)})\.SIZE\.[a-z_0-9.]+)`", PAPER)
    assert len(named) > 8
    for size in ("sd15", "small"):
        assert [n for n in named if n.replace("SIZE", size) not in all_recipes()] == []


def test_the_version_is_said_and_cited(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--version"])
    assert capsys.readouterr().out == f"dynascene {dynascene.__version__}\n"
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"version: {dynascene.__version__}\n" in citation


def test_the_python_example_of_generate_runs() -> None:
    page = (ROOT / "docs" / "generate.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, re.S)
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, "docs/generate.md", "exec"), names)
    assert names["frame"].background.shape == (144, 256, 3)  # ty: ignore[unresolved-attribute]
