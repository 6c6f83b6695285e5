"""``dynascene track``."""

from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg

from dynascene.errors import InputError
from dynascene.interfaces.cli.arguments import shown


def track(
    video: Annotated[Positional[Path], arg(metavar="VIDEO")],
    /,
    *,
    matte: Annotated[Path | None, shown("PATH")] = None,
    focal: Annotated[float | None, shown("PX")] = None,
    out: Annotated[Path, arg(metavar="FILE")] = Path("cameras.txt"),
    to: Annotated[str | None, shown("NAME")] = None,
) -> None:
    """Find the camera of a filmed clip: one pose per frame, and how far to trust it.

    Beside the camera file STEM.track.json says whether the camera stands, turns or travels, with
    the figures for clip and frames. A failed track writes only that and ends with exit code 2.

    Args:
        video: video or folder of frames, one continuous shot.
        matte: video or folder of the same frames, white = person, who is then ignored.
        focal: focal length in pixels of the video, where it is known.
        out: camera file to write; .txt means re10k, .json nerfstudio, .chan chan, no ending a
            folder of COLMAP.
        to: format to write, where the ending does not tell it (dynascene cameras convert --help).
    """
    import json

    from dynascene.estimators.camera import TrackingOptions, track_camera
    from dynascene.interfaces.cli.display import Terminal, say
    from dynascene.io.atomic import write_text
    from dynascene.io.cameras import write_cameras
    from dynascene.io.cameras.formats import format_for_ending, format_named
    from dynascene.io.frames import open_frames, open_matte, split_alpha

    report = out.with_name(f"{out.stem}.track.json")
    if not out.parent.is_dir():
        raise InputError(f"{out}: the folder {out.parent} does not exist")
    if report == out:
        raise InputError(f"{out}: is the name of the report; choose another")
    format_named(to or format_for_ending(out))  # complains before the work, not after it
    options = TrackingOptions(focal)
    frames = open_frames(video)
    if matte is not None:
        person = open_matte(matte, frames)
    else:
        person = split_alpha(frames)[1] if frames.channels == 4 else None
    terminal = Terminal()
    found = track_camera(frames, person, options, terminal)
    if found.track is not None:
        write_cameras(found.track, out, to, notice=terminal.notice)
    write_text(report, json.dumps(found.report(), indent=1) + "\n")
    for reason in found.reasons:
        terminal.notice(f"note: {reason}")
    if found.track is None:
        why = "; ".join(found.reasons)
        raise InputError(f"{video}: the camera could not be tracked ({why}); figures in {report}")
    say(f"{out}: {len(found.track)} frames, {found.kind}, {found.verdict} (figures in {report})")


COMMANDS = {"track": track}
