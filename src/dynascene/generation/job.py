"""One request, from files to a folder of results."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from dynascene.generation.delivery import deliver
from dynascene.generation.generate import generate
from dynascene.generation.inputs import open_inputs
from dynascene.generation.progress import Display, Log
from dynascene.generation.report import report
from dynascene.generation.request import GenerationRequest
from dynascene.generation.workspace import result_folder


def run(
    request: GenerationRequest,
    out: Path,
    display: Display | None = None,
    keep: Sequence[Path] = (),
) -> None:
    """Carry out a request; ``out`` is complete afterwards, or untouched if this raises.

    keep: files to copy into ``out`` beside the results.

    Raises InputError for anything that the user can mend.
    """
    log = Log(display) if display else Log()
    with log.stage("open"):
        inputs = open_inputs(request, log)
    with log.stage("prepare"):
        clip = generate(inputs.shot, inputs.scene, request.options)
    log.notice(f"{clip.seen_share:.0%} of the view lies within the picture; the rest is filled")
    with result_folder(out) as folder:
        for path in keep:
            shutil.copy(path, folder)
        deliver(folder, inputs, clip, request.layers, log)
        text = json.dumps(report(request, inputs, clip, log), indent=2, default=str)
        (folder / "report.json").write_text(text + "\n")
