"""Renders a generated clip once and writes everything that the user gets from it."""

import shutil
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from dynascene.errors import PARAMETER, InputError
from dynascene.estimators.camera.classification import KIND_WORDS
from dynascene.generation.clip import GeneratedClip
from dynascene.generation.delivery_input import DeliveryInput
from dynascene.generation.finishing import FinishedFrame, finished_ahead
from dynascene.generation.inputs import Inputs
from dynascene.generation.layers import layer_names, open_layers
from dynascene.generation.look.clip_look import ClipLook
from dynascene.generation.notices import words_of_seen
from dynascene.geometry.picture_boxes import text_of
from dynascene.imaging.pixels import bytes_from_tensor, stored_bytes, stored_words, unit_floats
from dynascene.imaging.sheet import (
    SheetHeader,
    SheetRow,
    contact_sheet,
    hatch_unseen,
    spread_frames,
    thumbnail,
)
from dynascene.imaging.standing_things import DrawnThing, draw_things
from dynascene.io.audio import copy_audio
from dynascene.io.camera_plan import cameras_from_above
from dynascene.io.cameras import write_cameras
from dynascene.io.deep_frames import is_deep as is_deep_source
from dynascene.io.frames import times_of
from dynascene.io.images import write_png
from dynascene.io.video_writing import H264Writer, HevcWriter
from dynascene.jobs.log import Log
from dynascene.phrases import count_of, degrees_towards
from dynascene.types import Shot, Size

CAMERA_PICTURE = Size(300, 180)
LARGE_SCENE = Size(600, 400)  # of a picture in which things are outlined
PARTS = ("composite", "background", "matte")
Write = Callable[[FinishedFrame], None]


@dataclass
class ClipSheet:
    """Keeps thumbnails of the frames that the sheet shows."""

    indices: list[int]
    rows: dict[str, list[np.ndarray]] = field(default_factory=dict)

    def add(self, index: int, done: FinishedFrame) -> None:
        if index not in self.indices:
            return
        pictures = {
            "guide": hatch_unseen(done.frame.guide, done.frame.visibility),
            "background": done.frame.background,
        }
        if done.person is not None:
            pictures = {"person": done.person.colour, "matte": done.person.matte} | pictures
            pictures["composite"] = done.composite
        for name, image in pictures.items():
            self.rows.setdefault(name, []).append(thumbnail(stored_bytes(image)))


def output_names(layers: Sequence[str]) -> set[str]:
    """Everything that a run may write, whatever its input."""
    names = {f"{name}.{ending}" for name in PARTS for ending in ("mp4", "png")}
    return names | {"cameras.txt", "sheet.png"} | layer_names(layers)


def deliver(
    folder: Path,
    inputs: Inputs,
    clip: GeneratedClip,
    look: ClipLook,
    wishes: DeliveryInput,
    log: Log,
) -> str:
    """Write the clips (or the still pictures), the camera file, the layers and the sheet.

    Returns the name of the finished clip or picture.
    """
    shot, is_deep = inputs.shot, delivers_deep(inputs.shot, wishes)
    collector = ClipSheet(spread_frames(len(shot)))
    if clip.sample is not None:
        clip.sample(log)
    with log.stage("frames", len(shot)) as step, ExitStack() as writers:
        write = (
            _still_writer(folder, is_deep=is_deep)
            if inputs.still
            else _clip_writer(folder, shot, clip, writers, is_deep=is_deep)
        )
        layers = open_layers(
            wishes.layers,
            folder,
            shot,
            clip.track,
            inputs.scene,
            writers,
            has_shadow=look.caster is not None,
            is_straight=wishes.straight,
            space=wishes.ocio_layers,
        )
        frames = writers.enter_context(finished_ahead(shot, clip, look, is_deep=is_deep))
        for index, done in enumerate(frames):
            write(done)
            for write_layers in layers:
                write_layers(index, done)
            collector.add(index, done)
            step()
    if shot.foreground is None:
        shutil.copyfile(folder / "background.mp4", folder / "composite.mp4")
    elif inputs.sound is not None:
        _add_sound(folder / "composite.mp4", shot, *inputs.sound, log)
    with log.stage("sheet"):
        write_cameras(clip.track, folder / "cameras.txt", "re10k")
        write_png(folder / "sheet.png", clip_sheet(inputs, clip, collector, log.doubts))
    return "composite.png" if inputs.still else "composite.mp4"


def delivers_deep(shot: Shot, wishes: DeliveryInput) -> bool:
    """Whether the clips get more than 8 bits."""
    if wishes.bit_depth != "auto":
        return wishes.bit_depth == "10"
    return shot.foreground is not None and is_deep_source(shot.foreground)


def _seconds(shot: Shot) -> list[float]:
    """When each frame is shown, and when the last one ends."""
    rate = float(shot.frame_rate)
    times = times_of(shot.foreground) if shot.foreground else None
    if times is None:
        return [index / rate for index in range(len(shot) + 1)]
    return [time - times[0] for time in times] + [times[-1] - times[0] + 1 / rate]


def _add_sound(finished: Path, shot: Shot, source: Path, start: float, log: Log) -> None:
    """Give the finished clip the sound of the person's video; a clip without it is a clip too."""
    try:
        with log.stage("sound"):
            copy_audio(source, finished, finished, start, _seconds(shot)[-1])
    except InputError as error:
        log.notice(f"the sound could not be taken over: {error}")


def _still_writer(folder: Path, *, is_deep: bool) -> Write:
    stored = stored_words if is_deep else stored_bytes

    def write(done: FinishedFrame) -> None:
        background = done.frame.exact_background if is_deep else done.frame.background
        write_png(folder / "composite.png", stored(done.composite))
        write_png(folder / "background.png", stored(background))
        if done.person is not None:
            write_png(folder / "matte.png", stored(done.person.matte))

    return write


def _clip_writer(
    folder: Path, shot: Shot, clip: GeneratedClip, writers: ExitStack, *, is_deep: bool
) -> Write:
    writer, stored = (HevcWriter, unit_floats) if is_deep else (H264Writer, stored_bytes)

    def video(name: str, size: Size) -> H264Writer | HevcWriter:
        path = folder / f"{name}.mp4"
        times = times_of(shot.foreground) if shot.foreground else None
        return writers.enter_context(writer(path, size, shot.frame_rate, times=times))

    def behind(done: FinishedFrame) -> np.ndarray:
        return done.frame.exact_background if is_deep else done.frame.background

    background = video("background", clip.track.size)
    if shot.foreground is None:
        return lambda done: background.write(behind(done))
    finished = video("composite", shot.foreground.size)
    matte = video("matte", shot.foreground.size)

    def write(done: FinishedFrame) -> None:
        background.write(behind(done))
        finished.write(done.composite)
        if done.person is not None:
            matte.write(stored(done.person.matte))

    return write


def clip_sheet(
    inputs: Inputs,
    clip: GeneratedClip,
    collector: ClipSheet,
    doubts: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> np.ndarray:
    """A contact sheet, uint8 [H, W, 3].

    doubts: of the result, below the title. notes: further lines of the title, the first ones.
    """
    seconds = _seconds(inputs.shot)
    numbers = inputs.numbers or range(len(inputs.shot))
    captions = [f"frame {numbers[i]}  ·  {seconds[i]:.2f} s" for i in collector.indices]
    lines = [
        *notes,
        f"{count_of(len(inputs.shot), 'frame')}, background {clip.track.size}",
        f"framing {degrees_towards(clip.framing.yaw, 'right', 'left')}, "
        f"{degrees_towards(clip.framing.pitch, 'up', 'down')}",
        words_of_seen(inputs, clip),
        *_place_lines(inputs.place),
        *_horizon_lines(inputs),
        "hatched in the guide: not in the picture, filled in the background",
        *_estimate_lines(inputs.estimates),
    ]
    camera = cameras_from_above(clip.track, CAMERA_PICTURE)
    rows = [SheetRow(name, pictures) for name, pictures in collector.rows.items()]
    if (skeletons := inputs.shot.inputs.get("skeleton")) is not None:
        poses = bytes_from_tensor(skeletons[collector.indices])
        rows.insert(0, SheetRow("poses", [thumbnail(pose) for pose in poses]))
    header = _header(inputs, "\n".join(lines), camera)
    quoted = tuple(PARAMETER.sub(r"“\1”", doubt) for doubt in doubts)
    return contact_sheet(rows, captions, header._replace(doubts=quoted))


def _header(inputs: Inputs, title: str, camera: np.ndarray) -> SheetHeader:
    """With the picture of the place, larger where things stand in it, which are drawn on it."""
    scene = bytes_from_tensor(inputs.scene.picture)
    if not inputs.uprights:
        return SheetHeader(scene, title, camera)
    things = [DrawnThing(upright.mask, upright.feet.numpy()) for upright in inputs.uprights]
    drawn = draw_things(thumbnail(scene, LARGE_SCENE), things)
    return SheetHeader(drawn, title, camera, LARGE_SCENE)


def _place_lines(place: dict[str, Any]) -> list[str]:
    """The place's shape and what stands in it, as the sheet says it."""
    distances = place.get("distances_in_camera_heights")
    planes = f": {', '.join(distances)}" if distances else ""
    if heights := place.get("backdrop_in_camera_heights"):
        planes = f", {heights:.2g} camera heights away"
    lines = [f"place: {place['shape']}{planes}"]
    boxes = [upright["box"] for upright in place.get("uprights", ())]
    if boxes:
        lines += ["standing (outlines are blue, foot lines yellow):"]
    for number, box in enumerate(boxes, 1):
        lines += [f"   {number}   upright {text_of(box)}"]
    return lines


def _horizon_lines(inputs: Inputs) -> list[str]:
    if inputs.place.get("shape") == "panorama":
        return []
    camera = inputs.scene.camera
    return [f"horizon: {camera.horizon / camera.size.height:.0%} below the picture's top"]


def _estimate_lines(estimates: dict[str, Any]) -> list[str]:
    """What was estimated from the clip, as the sheet says it."""
    lines = []
    if matte := estimates.get("matte"):
        lines.append(f"matte: {matte['backend']}, {matte['share']:.1%} of the frame")
    if camera := estimates.get("camera"):
        lines.append(f"camera: {KIND_WORDS[camera['kind']]}, {camera['verdict']}")
    slip = estimates.get("feet", {}).get("slip_pixels_a_frame")
    if slip is not None:
        lines.append(f"standing feet slide by {slip:.2g} pixels a frame")
    return lines
