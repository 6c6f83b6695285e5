"""The example on the first page: the clip and the picture of ``dynascene demo``."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dynascene.generation.demo import (
    SCENE_HORIZON,
    TERRACE_HEIGHT,
    demo_scene,
    write_demo_shot,
)
from dynascene.interfaces.app.drafts import FILE
from dynascene.io.atomic import replacing
from dynascene.types import Size

FRAMES, SIZE = 24, Size(480, 270)
_lock = threading.Lock()  # two visitors must not render it at once


@dataclass(frozen=True)
class Example:
    """A clip, and what is chosen with it: fields of a draft."""

    clip: Path
    choices: dict[str, Any]


def write_example(folder: Path) -> Example:
    """The example; rendered when it is first asked for, and kept in ``folder``."""
    with _lock:
        if not folder.is_dir():
            with replacing(folder) as temporary:
                temporary.mkdir()
                write_demo_shot(temporary, FRAMES, SIZE)
    choices = {
        "camera": FILE,
        "camera_file": str(folder / "person-cameras.txt"),
        "camera_height": TERRACE_HEIGHT,
        "scene": str(demo_scene()),
        "horizon": SCENE_HORIZON,
    }
    return Example(folder / "person.mov", choices)
