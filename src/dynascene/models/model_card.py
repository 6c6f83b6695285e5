"""What lies beside a saved pipeline: its card, and the line by which diffusers loads it."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

CARD, PAGE, LOADER = "card.json", "README.md", "pipeline.py"
LOADER_TEXT = '''"""Lets diffusers load these weights, by ``custom_pipeline=FOLDER``."""

from dynascene.models.pipeline import DynaScenePipeline as DynaScenePipeline
'''
HEADER = ("---", "library_name: dynascene", "---", "")


def write_loader(folder: Path) -> None:
    """Write what ``DiffusionPipeline.from_pretrained(…, custom_pipeline=FOLDER)`` imports."""
    (folder / LOADER).write_text(LOADER_TEXT, encoding="utf-8")


def write_card(
    folder: Path,
    source: Path | None,
    name: str,
    paper: Mapping[str, Any] | None,
    ours: Sequence[str],
    changes: Sequence[str],
) -> None:
    """Write the card of weights that are saved anew.

    Args:
        folder: receives it.
        source: folder that the weights were loaded from; its card goes along where it has one.
        name: of the system.
        paper, ours: its publication, and how it differs from it.
        changes: what the weights have taken up since they were loaded.
    """
    if source is not None and (source / CARD).is_file() and (source / PAGE).is_file():
        for file in (CARD, PAGE):
            if source.resolve() != folder.resolve():
                shutil.copyfile(source / file, folder / file)
        lines = [(folder / PAGE).read_text(encoding="utf-8").rstrip()]
    else:
        lines = [*HEADER, f"# {name}", "", *publication(paper, ours)]
        lines.append("What these weights were trained on is not recorded here.")
    if changes:
        lines += ["", "## Changed since", ""]
        lines += [f"- {change}" for change in changes]
        lines += ["", "All figures above are of the weights without that."]
    (folder / PAGE).write_text("\n".join(lines) + "\n", encoding="utf-8")


def publication(paper: Mapping[str, Any] | None, ours: Sequence[str]) -> list[str]:
    """Lines of Markdown: where a network was published, and what is ours."""
    lines = []
    if paper:
        title = f"[{paper['title']}]({paper['url']})"
        lines += [f"A network after {paper['authors']} {paper['year']}, *{title}*.", ""]
    if ours:
        lines += ["It differs from the publication:", "", *(f"- {line}" for line in ours), ""]
    return lines
