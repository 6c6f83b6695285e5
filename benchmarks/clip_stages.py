"""Where does the time of a raw clip go? CPU seconds of each stage, and how often that decodes it.

    python benchmarks/clip_stages.py [--clip VIDEO] [--scene PICTURE] [--frames 60] [--size WxH]

The clip is shown forwards and backwards and scaled to the size of a phone's; without it the
demonstration's rendered walk is taken. ``generate`` is given nothing but the clip and the picture:
it cuts the person out, tracks the camera, and renders. "matte" and "track" are the commands alone,
"given" is ``generate`` with the matte and the cameras that the first run found. Decoding is PyAV
with one thread and nothing else. Every job runs in a process of its own, and loading the packages
counts as "besides". Writes results/clip_stages.md.
"""

import argparse
import json
from pathlib import Path
from tempfile import TemporaryDirectory

from measuring import StageCosts, decoding_seconds, phone_clip, run_child, table, write_result

from dynascene.estimators.camera import track_camera
from dynascene.estimators.matte.job import run as run_matte
from dynascene.estimators.matte.options import MatteOptions
from dynascene.generation.demo import demo_scene
from dynascene.generation.job import make_clip
from dynascene.generation.request import CameraInput, GenerationRequest, PersonInput, PlaceInput
from dynascene.io.frames import open_frames
from dynascene.io.mattes import open_matte
from dynascene.types import Size

JOBS = ("generate", "matte", "track", "given")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clip", type=Path)
    parser.add_argument("--scene", type=Path, default=demo_scene())
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--size", default="1920x1080")
    parser.add_argument("--jobs", nargs="+", choices=JOBS, default=JOBS)
    parser.add_argument("--job", nargs=2, help=argparse.SUPPRESS)  # in a child: its name, a folder
    given = parser.parse_args()
    if {"track", "given"} & set(given.jobs) and "generate" not in given.jobs:
        parser.error("--jobs: track and given read what generate leaves; name generate too")
    if given.job:
        print(json.dumps(job_costs(given.job[0], Path(given.job[1]), given.scene)))
        return
    with TemporaryDirectory() as name:
        folder, size = Path(name), Size(*map(int, given.size.split("x")))
        clip = phone_clip(folder / "clip.mp4", given.clip, given.frames, size)
        decoding = decoding_seconds(clip)
        said = [f"{given.frames} frames of {size}; decoding takes {decoding:.2f} CPU s.\n"]
        for job in sorted(set(given.jobs), key=JOBS.index):  # generate first
            arguments = [__file__, "--job", job, name, "--scene", str(given.scene)]
            child = run_child(arguments)
            costs = json.loads(child.output.splitlines()[-1])
            costs["besides"] += child.cpu - sum(costs.values())
            rows = [_row(stage, costs[stage], given.frames, decoding) for stage in costs]
            rows.append(_row("**all**", child.cpu, given.frames, decoding))
            header = (job, "CPU s", "CPU s a frame", "× decoding")
            said.append(table(header, rows) + f"\npeak memory {child.peak:.0f} MB\n")
    command = f"python benchmarks/clip_stages.py --frames {given.frames} --size {size}"
    write_result("clip_stages", command, "\n".join(said))


def _row(stage: str, seconds: float, frames: int, decoding: float) -> tuple[str, ...]:
    return stage, f"{seconds:.1f}", f"{seconds / frames:.3f}", f"{seconds / decoding:.1f}"


def job_costs(job: str, folder: Path, scene: Path) -> dict[str, float]:
    """CPU seconds of each stage of a job on ``folder``/clip.mp4.

    "track" and "given" read what "generate" left in ``folder``.
    """
    costs, clip, made = StageCosts(), folder / "clip.mp4", folder / "generate"
    if job == "matte":
        run_matte(clip, open_frames(clip), folder / "matte", MatteOptions(), costs)
    elif job == "track":
        frames = open_frames(clip)
        track_camera(frames, open_matte(made / "matte.mp4", frames), display=costs)
    else:
        person, camera = PersonInput(person=clip), CameraInput()
        if job == "given":
            person = PersonInput(person=clip, matte=made / "matte.mp4")
            camera = CameraInput(cameras=str(made / "footage" / "cameras.txt"))
        request = GenerationRequest(place=PlaceInput(scene=scene), person=person, camera=camera)
        make_clip(request, folder / job, costs)
    costs.settle()
    return dict(sorted(costs.seconds.items(), key=lambda stage: -stage[1]))


if __name__ == "__main__":
    main()
