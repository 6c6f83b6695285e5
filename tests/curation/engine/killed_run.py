"""A whole run in a process of its own, to be killed: IN WORK MANIFEST loop|ray SECONDS."""

import json
import sys
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path

from tiny_stages import tiny_plan

from dynascene.curation.clip import Source
from dynascene.curation.engine.loop import Loop
from dynascene.curation.engine.protocol import Engine
from dynascene.curation.engine.ray import ray_started
from dynascene.curation.engine.store import Store
from dynascene.curation.pipeline import run_plan
from dynascene.interfaces.cli.curation_display import RunDisplay
from dynascene.io.atomic import write_text


def main(footage: str, work: str, manifest: str, engine: str, seconds: str) -> None:
    sources = [Source(str(path)) for path in sorted(Path(footage).glob("*.txt"))]
    started: AbstractContextManager[Engine]
    started = ray_started(workers=2) if engine == "ray" else Loop()
    with started as running:
        plan = tiny_plan(seconds=float(seconds))
        clips = run_plan(sources, plan, Store(Path(work)), running, RunDisplay())
    rows = [json.dumps(asdict(clip), default=str, sort_keys=True) for clip in clips]
    write_text(Path(manifest), "\n".join(rows).replace(work, "WORK"))


if __name__ == "__main__":
    main(*sys.argv[1:])
