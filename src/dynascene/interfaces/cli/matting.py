"""``dynascene matte``."""

from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg

from dynascene.errors import InputError
from dynascene.interfaces.cli.arguments import Switch, optional, parse_rate
from dynascene.interfaces.cli.clip_options.cut_out import CutOutOptions
from dynascene.interfaces.cli.clip_options.footage import FootageOptions
from dynascene.loading import pause_collector
from dynascene.phrases import count_of


def matte(
    video: Annotated[Positional[Path], arg(metavar="VIDEO")],
    /,
    *,
    cut_out: CutOutOptions,
    footage: FootageOptions,
    frame_rate: Annotated[str | None, optional("FPS")] = None,
    out: Annotated[Path, arg(metavar="DIR")],
    quiet: Switch = False,
    json: Switch = False,
) -> None:
    """Cut the person out of a clip: a matte per frame, white = person.

    Args:
        video: video, or folder of frames.
        frame_rate: frames a second of a folder of frames, such as 25 or 30000/1001 (default: 24).
        out: folder of the result: PNG frames, preview.mp4 and matte.json.
        quiet: no progress and no notices on standard error; the report has them.
        json: print the result as JSON: the paths and the report.
    """
    with pause_collector():
        from dynascene.estimators.matte.job import run
        from dynascene.interfaces.cli.display import open_display, read_report, say_result

    options = cut_out.matte_options()
    if not str(out).strip("."):
        raise InputError("--out names a folder of its own for the matte")
    clip = footage.open(video, parse_rate(frame_rate) if frame_rate else None)
    display = open_display(quiet)
    options.check(video, clip.source)
    clip.warn_of_cuts(display)
    done = run(video, clip.source, out, options, display, shown_as=out)
    preview = out / "preview.mp4"
    say_result(
        f"{out}: {count_of(done.frames, 'frame')} by {done.backend}, person "
        f"{100 * done.share:.1f} % of the frame, flicker {100 * done.flicker:.1f} %  "
        f"(look at {preview} first)",
        lambda: {"folder": out, "preview": preview, "report": read_report(out / "matte.json")},
        json,
    )


COMMANDS = {"matte": matte}
