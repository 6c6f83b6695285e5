"""A clip to make: what the options of ``dynascene generate`` ask for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dynascene.loading import pause_collector

if TYPE_CHECKING:  # imported where it is made: --help must not wait for torch
    from dynascene.generation.request import GenerationRequest


def default_out(person: Path | None, scene: Path) -> Path:
    """A folder in the current one, named after what goes in."""
    return Path(f"{person.stem}-in-{scene.stem}" if person else f"{scene.stem}-camera")


@dataclass(frozen=True, kw_only=True)
class PlannedClip:
    """What to make, and where; nothing is opened yet.

    Attributes:
        request: person, place and camera.
        out: folder of the results.
        is_preview: make only the picture beside ``out``.
        quiet: no progress and no notices.
        as_json: print the result as JSON.
    """

    request: GenerationRequest
    out: Path
    is_preview: bool = False
    quiet: bool = False
    as_json: bool = False

    def make(self) -> None:
        """Make it, and say where it lies.

        Raises:
            InputError: anything that the user can mend.
        """
        with pause_collector():
            from dynascene.generation.job import make_clip
            from dynascene.generation.preview import make_preview
            from dynascene.interfaces.cli.display import open_display, read_report, say_result

        display = open_display(self.quiet)
        if self.is_preview:
            picture = make_preview(self.request, self.out, display)
            line = f"{picture}  (a preview: few frames, small)"
            say_result(line, lambda: {"preview": picture}, self.as_json)
            return
        finished = make_clip(self.request, self.out, display)
        sheet = self.out / "sheet.png"
        paths = {"folder": self.out, "finished": finished, "sheet": sheet}
        say_result(
            f"{finished}  (look at {sheet} first)",
            lambda: {**paths, "report": read_report(self.out / "report.json")},
            self.as_json,
        )
