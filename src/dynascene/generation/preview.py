"""A preview: the same request on a few small frames of the clip, as one picture.

What costs time is made cheaper: frames lie apart, they are small, and the background is the
projection. Framing, place, camera, matte and composite come about as in the full run.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from dynascene.display import Display
from dynascene.errors import InputError
from dynascene.generation.clip import GeneratedClip
from dynascene.generation.delivery import ClipSheet, clip_sheet
from dynascene.generation.finishing import finished_frames
from dynascene.generation.generate import generate
from dynascene.generation.inputs import Inputs
from dynascene.generation.look.preparation import prepare_look
from dynascene.generation.notices import give_notices
from dynascene.generation.opening import open_inputs
from dynascene.generation.request import GenerationRequest, MotionInput
from dynascene.generation.request_check import check_request
from dynascene.generation.thinning import thinned_size
from dynascene.geometry.tracks import extent
from dynascene.imaging.sheet import spread_frames
from dynascene.io.atomic import replacing
from dynascene.io.images import write_png
from dynascene.jobs.log import Log, notices_of_reading

SUFFIX = "-preview.png"


def preview_path(out: Path) -> Path:
    """The file of the preview of a result in the folder ``out``: it lies beside the folder."""
    whole = out.resolve()
    return whole.with_name(whole.name + SUFFIX)


def make_preview(request: GenerationRequest, out: Path, display: Display | None = None) -> Path:
    """Write a contact sheet that shows what ``make_clip`` would give; ``out`` itself is left alone.

    Args:
        request: of the full run.
        out: folder of the full run's results.
        display: shows stages and notices.

    Returns:
        The sheet, see ``preview_path``.

    Raises:
        InputError: anything that the user can mend; nothing is written then.
    """
    if request.motion != MotionInput():
        name = next(name for name, file in vars(request.motion).items() if file is not None)
        raise InputError(f"`{name}`: a preview makes nobody move; leave `preview` out, or it")
    check_request(request)
    log, path = (Log(display) if display else Log()), preview_path(out)
    with replacing(path) as temporary, TemporaryDirectory() as folder, notices_of_reading(log):
        inputs, clip = open_preview(request, Path(folder), log)
        look = prepare_look(request, inputs, clip, Path(folder), log, is_preview=True)
        with log.stage("frames"):
            collector = ClipSheet(spread_frames(len(inputs.shot)))
            for index, done in enumerate(finished_frames(inputs.shot, clip, look)):
                collector.add(index, done)
        notes = ["PREVIEW: few frames, small, the background by projection"]
        notes += _doubt_of_way(request, inputs)
        write_png(temporary, clip_sheet(inputs, clip, collector, log.doubts, notes), shown_as=path)
    return path


def _doubt_of_way(request: GenerationRequest, inputs: Inputs) -> list[str]:
    """How sure the way of a tracked camera is, as lines of the sheet."""
    tracked = inputs.estimates.get("camera", {})
    lines = []
    if tracked.get("verdict") == "doubtful":
        lines += ["the track is doubtful: the full run's may go another way"]
    if tracked.get("kind") == "general" and not request.camera.tells_scale:
        way = extent(inputs.shot.cameras)
        lines += [
            f"camera travels {way:.2g} of the place's depth; standing feet, which only the full "
            "run follows, may halve or double that"
        ]
    return lines


def open_preview(
    request: GenerationRequest, folder: Path, log: Log
) -> tuple[Inputs, GeneratedClip]:
    """What a preview is made of: a few small frames, and their background by projection.

    Raises InputError for anything that the user can mend.
    """
    quick = replace(
        request.options, generator="projection", weights=None,
        prompt=None, negative_prompt=None, preset=None, four_bits=False,
    )  # fmt: skip
    size = quick.size and thinned_size(quick.size)
    inputs = open_inputs(replace(request, options=quick), folder, log, is_preview=True)
    framing = inputs.framing or quick.framing
    options = replace(quick, attitude=inputs.attitude, framing=framing, size=size)
    with log.stage("prepare"):
        clip = generate(inputs.shot, inputs.scene, options)
    give_notices(request, inputs, clip, log)
    return inputs, clip
