"""``dynascene pose``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import Positional, arg

from dynascene.errors import InputError
from dynascene.interfaces.cli.arguments import optional, parse_rate, parse_size, parse_subject
from dynascene.interfaces.cli.clip_options.footage import FootageOptions
from dynascene.phrases import count_of


def pose(
    video: Annotated[Positional[Path], arg(metavar="VIDEO|FILE")],
    /,
    *,
    footage: FootageOptions,
    out: Annotated[Path, arg(metavar="DIR")],
    subject: Annotated[str | None, optional("N|X,Y")] = None,
    like: Annotated[Path | None, optional("PATH")] = None,
    fit: Literal["proportions", "height", "place"] = "proportions",
    size: Annotated[str | None, optional("WxH")] = None,
    frame_rate: Annotated[str | None, optional("FPS")] = None,
    vitpose: Annotated[Path | None, optional("DIR")] = None,
) -> None:
    """Read the body pose of a filmed person: joints as JSON, and drawn as a coloured skeleton.

    Args:
        video: video or folder of frames; or poses of OpenPose, COCO or AlphaPose (a JSON file, or a
            folder of OpenPose's).
        out: folder of the result: pose.json, pose.mp4 and sheet.png.
        subject: whom to take where there are several: their number in the line that lists them,
            or a pixel on them in the first frame; default: the most prominent.
        like: picture, or file of poses, of another person whose body the motion takes.
        fit: what it takes of that body: proportions alone, the height too, or also the place where
            that person stands.
        size: of the frames, where a file of poses does not tell it.
        frame_rate: frames a second of a folder of frames or a file of poses, such as 25 or
            30000/1001 (default: 24).
        vitpose: folder of a VitPose network, as transformers saves it, that reads the joints of a
            video (default: BlazePose reads them).
    """
    from dynascene.estimators.pose.job import PoseOptions, run
    from dynascene.interfaces.cli.display import Terminal, say
    from dynascene.io.poses.formats import is_pose_file
    from dynascene.io.video_index import DEFAULT_FRAME_RATE

    terminal = Terminal()
    rate = parse_rate(frame_rate) if frame_rate else None
    choice = parse_subject(subject) if subject is not None else None
    source = None
    if is_pose_file(video):
        if choice is not None or footage.frames is not None or vitpose is not None:
            raise InputError(
                "--subject, --frames and --vitpose are for videos, and a file of poses is given"
            )
    else:
        if size is not None:
            raise InputError("--size is for files of poses; a video has its own size")
        clip = footage.open(video, rate)
        clip.warn_of_cuts(terminal)
        source = clip.source
    options = PoseOptions(
        choice, like, fit, parse_size(size) if size else None, rate or DEFAULT_FRAME_RATE, vitpose
    )
    done = run(video, source, out, options, terminal)
    say(
        f"{out}: {count_of(done.frames, 'frame')}, {100 * done.visible:.0f} % of the joints seen  "
        f"(look at {out / 'sheet.png'} first)"
    )


COMMANDS = {"pose": pose}
