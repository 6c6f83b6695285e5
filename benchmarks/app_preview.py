"""How quick is the app's preview? Seconds from a slider to its picture, and the projection's rate.

    python benchmarks/app_preview.py [CLIP SCENE [MATTE]]

Without arguments: the demonstration's clip and picture. With a clip that has no alpha give its
matte. The camera is a move. Each change is made three times and the quickest counts, in seconds of
the clock and of the CPU: on a busy machine only the latter says something. The first preview reads
the clip.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from dynascene.generation.clip import GenerationOptions
from dynascene.generation.demo import demo_scene, write_demo_shot
from dynascene.generation.frame_preview import FramePreviewer
from dynascene.generation.generate import generate
from dynascene.generation.look.look_input import LookInput
from dynascene.generation.opening import open_inputs
from dynascene.generation.request import CameraInput, GenerationRequest, PersonInput, PlaceInput
from dynascene.generation.stand_in import make_stand_in, with_stand_in
from dynascene.jobs.log import Log
from dynascene.types import Size

REPEATS = 3
FRAMES = 12  # that the rate is measured on, two at a time
SIZE = Size(768, 432)


def main() -> None:
    torch.set_num_threads(1)  # as in the app's server
    with TemporaryDirectory() as name:
        folder = Path(name)
        request = _request([Path(text) for text in sys.argv[1:]], folder)
        small = folder / "stand-in"
        previewer = FramePreviewer()

        def first(_: int) -> None:
            make_stand_in(request, small)
            previewer(with_stand_in(request, small), 0.5)

        print("| change | seconds | CPU seconds |\n| --- | --- | --- |")
        _print("first preview", first, repeats=1)
        asked = with_stand_in(request, small)
        shadows = [replace(asked, look=LookInput(shadow=k / 10)) for k in range(REPEATS)]
        _print("shadow, light", lambda k: previewer(shadows[k], 0.5))
        heights = [0.4 + 0.02 * k for k in range(REPEATS)]
        places = [replace(asked, place=replace(asked.place, horizon=h)) for h in heights]
        _print("horizon", lambda k: previewer(places[k], 0.5))
        scales = [
            replace(asked, place=replace(asked.place, person_scale=0.9 - 0.1 * k))
            for k in range(REPEATS)
        ]
        _print("size of the person", lambda k: previewer(scales[k], 0.5))
        _print_rate(request, folder)


def _request(paths: list[Path], folder: Path) -> GenerationRequest:
    person, scene, *matte = paths or (write_demo_shot(folder, 24)[0], demo_scene())
    return GenerationRequest(
        place=PlaceInput(scene=scene),
        person=PersonInput(person=person, matte=matte[0] if matte else None),
        camera=CameraInput(move="pan-right:10"),
        options=GenerationOptions(generator="projection"),
    )


def _print(name: str, change: Callable[[int], object], repeats: int = REPEATS) -> None:
    times = []
    for k in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        change(k)
        times.append((time.perf_counter() - wall, time.process_time() - cpu))
    wall, cpu = (min(values) for values in zip(*times, strict=True))
    print(f"| {name} | {wall:.2f} | {cpu:.2f} |", flush=True)


def _print_rate(request: GenerationRequest, folder: Path) -> None:
    """Frames of the projection a second on two cores, without the person."""
    torch.set_num_threads(2)
    options = replace(request.options, size=SIZE)
    inputs = open_inputs(replace(request, options=options), folder, Log())
    options = replace(options, attitude=inputs.attitude, framing=inputs.framing or "auto")
    frames = generate(inputs.shot, inputs.scene, options).frames()
    times = []
    for _ in range(FRAMES // 2):  # two threads render two frames, which then come at once
        wall, cpu = time.perf_counter(), time.process_time()
        next(frames)
        next(frames)
        times.append((time.perf_counter() - wall, time.process_time() - cpu))
    wall, cpu = (min(values) for values in zip(*times[1:], strict=True))
    print(f"\nprojection at {SIZE}: {2 / wall:.1f} frames/s, {cpu / 2:.3f} CPU s a frame")


if __name__ == "__main__":
    main()
