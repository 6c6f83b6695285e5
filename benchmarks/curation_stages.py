"""Do the stages of curation judge rightly, and what do they cost?

    python tests/curation/known_clips.py FOLDER
    python benchmarks/curation_stages.py FOLDER/known [--all] [--min-height 120]
    python benchmarks/curation_stages.py FOLDER/broken

The folder holds videos, and answers.json, which says what each stage has to make of them; without
it only the costs are measured. Prints tables in markdown:

- precision and recall of each stage. A file counts as dropped by the stage that dropped its first
  clip; of the files that a stage had to drop, those that an earlier one dropped are missed. Damage
  that only decoding everything shows is found with the shots, and counts for the probe. The shots
  stage is judged by its cuts.
- what each stage costs in CPU seconds: clips an hour and × real time on one core, and the ratio to
  decoding the same stretches with PyAV and nothing else.

--all: with the matte and the camera, which take much longer.
"""

import argparse
import json
import logging
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av

from dynascene.curation.clip import Clip, Source
from dynascene.curation.plan import CurationOptions, full_plan
from dynascene.curation.sources.listing import find_sources
from dynascene.curation.stages.protocol import ClipStage

COSTLY = ("matte", "camera")


@dataclass
class Cost:
    """CPU seconds of a stage and of mere decoding, and what they were spent on."""

    clips: int = 0
    stage: float = 0.0
    decoding: float = 0.0
    footage: float = 0.0


@dataclass
class Outcome:
    """costs: by stage. clips: what came of each file."""

    costs: dict[str, Cost] = field(default_factory=lambda: defaultdict(Cost))
    clips: dict[str, list[Clip]] = field(default_factory=dict)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--min-height", type=int, default=120)
    given = parser.parse_args()
    logging.disable(logging.WARNING)
    known = given.folder / "answers.json"
    answers = json.loads(known.read_text()) if known.exists() else {}
    plan = full_plan(CurationOptions(min_height=given.min_height), given.folder)
    looks = [look for look in plan.looks if given.all or look.name not in COSTLY]
    outcome = run(find_sources([given.folder]), looks)
    every = [clip for clips in outcome.clips.values() for clip in clips]
    decided = list(plan.decide(every))
    for name in outcome.clips:
        outcome.clips[name] = [c for c in decided if Path(c.source.location).name == name]
    if answers:
        print_verdicts(outcome.clips, answers, [look.name for look in looks])
    print_costs(outcome.costs)


def run(sources: Sequence[Source], looks: Sequence[ClipStage]) -> Outcome:
    """Each file through all stages, in this process."""
    outcome = Outcome()
    with tempfile.TemporaryDirectory() as folder:
        for source in sources:
            path = Path(source.location)
            clips = [Clip(source, path)]
            for look in looks:
                clips = [
                    made
                    for clip in clips
                    for made in (_looked(look, clip, Path(folder), outcome.costs[look.name]))
                ]
            outcome.clips[path.name] = clips
    return outcome


def _looked(look: ClipStage, clip: Clip, folder: Path, cost: Cost) -> Sequence[Clip]:
    if not clip.is_kept:
        return [clip]
    place = folder / f"{clip.video.name}-{clip.start}"
    place.mkdir(exist_ok=True)
    begin = time.process_time()
    made = look(clip, place)
    cost.stage += time.process_time() - begin
    if clip.stop == 0:  # the probe counts the frames
        clip = made[0]
    if clip.stop:
        begin = time.process_time()
        _decode(clip)
        cost.decoding += time.process_time() - begin
        cost.clips += 1
        cost.footage += (clip.stop - clip.start) / float(clip.values["probe.fps"] or 1)
    return made


def _decode(clip: Clip) -> None:
    """The stretch of the clip, from the keyframe before it, with as many threads as PyAV likes."""
    with av.open(str(clip.video)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        rate = float(clip.values["probe.fps"] or 1)
        if clip.start and stream.time_base:
            container.seek(int(clip.start / rate / stream.time_base), stream=stream)
        for frame in container.decode(stream):
            if frame.time is not None and frame.time * rate >= clip.stop - 1:
                break


def print_verdicts(
    clips: Mapping[str, Sequence[Clip]], answers: Mapping[str, Any], stages: Sequence[str]
) -> None:
    """Precision and recall of each stage, and the files that were judged wrongly."""
    found = {name: _dropped_by(made) for name, made in clips.items()}
    wanted = {name: (answer["stage"], answer["code"]) for name, answer in answers.items()}
    print("| stage | to be dropped | dropped | rightly | precision | recall |")
    print("| --- | --- | --- | --- | --- | --- |")
    for stage in stages:
        due = {name for name, (by, _) in wanted.items() if by == stage}
        dropped = {name for name, (by, _) in found.items() if by == stage}
        if due or dropped:
            _print_row(stage, len(due), len(dropped), len(due & dropped))
    _print_row("cuts", *_cuts(clips, answers))
    named = Counter(code for _, code in found.values() if code)
    print("\ncodes:", ", ".join(f"{code} {count}" for code, count in sorted(named.items())))
    for name, (stage, code) in wanted.items():
        by, as_code = found[name]
        if by != stage or (code is not None and code != as_code):
            print(f"wrong: {name}: {by} {as_code}, expected {stage} {code or ''}")


def _print_row(name: str, due: int, dropped: int, right: int) -> None:
    shares = [f"{right / count:.3f}" if count else "–" for count in (dropped, due)]
    print(f"| {name} | {due} | {dropped} | {right} | {' | '.join(shares)} |")


def _dropped_by(clips: Sequence[Clip]) -> tuple[str | None, str | None]:
    """The stage and the code of a file's first clip; (None, None) where one of its clips stays."""
    first = clips[0].rejection
    if first is None or any(clip.is_kept for clip in clips):
        return None, None
    return ("probe" if first.code == "damaged" else first.stage), first.code


def _cuts(clips: Mapping[str, Sequence[Clip]], answers: Mapping[str, Any]) -> tuple[int, int, int]:
    """Over the files that reached the shots: cuts there are, cuts found, and those that are."""
    seen = {name: made for name, made in clips.items() if "shots.shot" in made[0].values}
    due = {(name, cut) for name in seen for cut in answers[name]["cuts"]}
    found = {(name, clip.start) for name, made in seen.items() for clip in made if clip.start}
    return len(due), len(found), len(due & found)


def print_costs(costs: Mapping[str, Cost]) -> None:
    """Of each stage, over the clips that reached it and can be decoded."""
    print("\n| stage | clips | CPU s a clip | clips/hour | × real time | × null decode |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, cost in costs.items():
        if cost.clips:
            each = cost.stage / cost.clips
            print(
                f"| {name} | {cost.clips} | {each:.3f} | {3600 / each:.0f} "
                f"| {cost.footage / cost.stage:.1f} | {cost.stage / cost.decoding:.2f} |"
            )
    total = sum(cost.stage for cost in costs.values())
    files = costs["probe"].clips
    if files:
        print(f"\nall: {3600 * files / total:.0f} videos an hour on one core")


if __name__ == "__main__":
    main()
