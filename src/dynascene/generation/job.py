"""One request, from files to a folder of results."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from dynascene.display import Display
from dynascene.generation.camera_files import camera_file_names, write_camera_files
from dynascene.generation.clip import GeneratedClip
from dynascene.generation.delivery import deliver, output_names
from dynascene.generation.footage import FOLDER
from dynascene.generation.generate import check_generator, generate
from dynascene.generation.inputs import Inputs
from dynascene.generation.look.preparation import prepare_look
from dynascene.generation.notices import give_notices
from dynascene.generation.opening import open_inputs
from dynascene.generation.report import report
from dynascene.generation.request import GenerationRequest
from dynascene.generation.request_check import check_request
from dynascene.generation.resumption import how_to_go_on
from dynascene.geometry.intrinsics import cover_scale
from dynascene.jobs.log import Log, notices_of_reading
from dynascene.jobs.result_folder import REPORT, carry_inputs, result_folder
from dynascene.jobs.resumption import keep_partial_results


def make_clip(
    request: GenerationRequest,
    out: Path,
    display: Display | None = None,
    keep: Sequence[Path] = (),
) -> Path:
    """A clip from a request; ``out`` is complete afterwards.

    If this raises, ``out`` is untouched, except that what was found in the clip is kept there.

    Args:
        request: what to make.
        out: the folder of the result.
        display: of stages and notices; None = silent.
        keep: files to copy into ``out`` beside the results.

    Returns:
        The finished clip or picture.

    Raises:
        InputError: anything that the user can mend.
    """
    check_request(request)
    if request.person is not None:  # else its maker is the first to need time
        check_generator(request.options)
    wishes = request.delivery
    log = Log(display) if display else Log()
    names = {*output_names(wishes.layers), *camera_file_names(wishes.camera_files)}
    names |= {*(path.name for path in keep), FOLDER, REPORT}
    read = request.files
    with (
        result_folder(out, names, read, shared=FOLDER) as folder,
        keep_partial_results(folder, out, FOLDER, read, log, how_to_go_on),
        notices_of_reading(log),
    ):
        inputs = open_inputs(request, folder, log)
        options = replace(request.options, attitude=inputs.attitude)
        if inputs.framing is not None:
            options = replace(options, framing=inputs.framing)
        with log.stage("prepare"):
            clip = generate(inputs.shot, inputs.scene, options)
        give_notices(request, inputs, clip, log)
        _warn_of_enlarging(inputs, clip, log)
        write_camera_files(folder, wishes.camera_files, inputs, clip, log)
        for path in keep:
            shutil.copy(path, folder)
        look = prepare_look(request, inputs, clip, folder, log)
        finished = deliver(folder, inputs, clip, look, wishes, log)
        carry_inputs(out / FOLDER, folder / FOLDER, read)
        written = report(request, inputs, clip, look, log, keep)
        written["outputs"] = [*sorted(path.name for path in folder.iterdir()), REPORT]
        (folder / REPORT).write_text(json.dumps(written, indent=2, default=str, allow_nan=False))
    return out / finished


def _warn_of_enlarging(inputs: Inputs, clip: GeneratedClip, log: Log) -> None:
    """Say where the background is clearly smaller than the composite."""
    if inputs.shot.foreground is None:
        return
    scale = cover_scale(clip.track.size, inputs.shot.foreground.size)
    if scale > 1.25:
        log.notice(
            f"the background is {clip.track.size} and is enlarged {scale:.2g} times for the "
            f"{inputs.shot.foreground.size} composite (`size`)"
        )
