"""``generate --preview``: a picture of what the full run gives, beside its folder."""

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from dynascene import CameraInput, GenerationOptions, GenerationRequest, PersonInput, PlaceInput
from dynascene.display import Quiet
from dynascene.errors import InputError
from dynascene.estimators.matte.hints import Hint
from dynascene.generation import person_in_place
from dynascene.generation.job import make_clip
from dynascene.generation.opening import open_inputs
from dynascene.generation.person_input import FilmedPerson
from dynascene.generation.preview import (
    _doubt_of_way,
    make_preview,
    open_preview,
    preview_path,
)
from dynascene.generation.request import MotionInput
from dynascene.generation.thinning import (
    FRAMES,
    LONGER_SIDE,
    thinned_clip,
    thinned_numbers,
    thinned_person,
    thinned_size,
    thinned_track,
)
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.moves import make_move
from dynascene.imaging.sheet import SheetHeader
from dynascene.interfaces.cli.main import main
from dynascene.io.colour_space import ColourSpace
from dynascene.io.images import read_image, write_png
from dynascene.jobs.log import Log
from dynascene.types import ArrayFrames, Size


class Lines(Quiet):
    """Remembers the notices."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def notice(self, text: str) -> None:
        self.lines.append(text)


COUNT, SIZE = 62, Size(800, 450)


def test_few_frames_stay_with_the_first_and_the_last() -> None:
    assert thinned_numbers(1) == [0]
    assert thinned_numbers(7) == list(range(7))
    numbers = thinned_numbers(COUNT)
    assert (len(numbers), numbers[0], numbers[-1]) == (FRAMES, 0, COUNT - 1)
    assert set(np.diff(numbers)) == {4, 5}


def test_sizes_keep_their_shape() -> None:
    assert thinned_size(Size(300, 200)) == (300, 200)
    assert thinned_size(SIZE) == (LONGER_SIDE, 216)
    assert thinned_size(Size(450, 800)) == (216, LONGER_SIDE)


def test_a_thinned_clip_lasts_as_long_and_its_cameras_see_the_same() -> None:
    frames = [np.full((SIZE.height, SIZE.width, 3), index, np.uint8) for index in range(COUNT)]
    matte = [np.full((SIZE.height, SIZE.width, 1), 255 - index, np.uint8) for index in range(COUNT)]
    whole = FilmedPerson(ArrayFrames(frames), ArrayFrames(matte), False, (Path("clip.mp4"), 0.0))
    clip = thinned_clip(whole)
    assert clip.is_thinned
    assert clip.matte is not None
    assert [frame[0, 0, 0] for frame in clip.colour.read()] == thinned_numbers(COUNT)
    assert [255 - frame[0, 0, 0] for frame in clip.matte.read()] == thinned_numbers(COUNT)
    assert (len(clip.colour) - 1) / clip.colour.frame_rate == Fraction(COUNT - 1, 24)
    track = make_move("pan-right:20", COUNT, intrinsics_from_fov(50, SIZE), SIZE)
    some = thinned_track(track, clip.colour.size)
    torch.testing.assert_close(some.cam_from_world, track.cam_from_world[thinned_numbers(COUNT)])
    torch.testing.assert_close(some.intrinsics[0, 0, 0] / 384, track.intrinsics[0, 0, 0] / 800)


def test_pixels_are_those_of_the_small_frames() -> None:
    person = PersonInput(person=Path("a"), subject=(400.0, 100.0), matte_shrink=5, matte_feather=10,
                         hints=(Hint(1, 10, 10), Hint(61, 400, 100)))  # fmt: skip
    small = thinned_person(person, SIZE, COUNT)
    assert small.hints == (Hint(FRAMES - 1, 192, 48),)
    assert small.subject == (192, 48)
    assert small.outline.matte_shrink == pytest.approx(2.4)
    assert small.outline.matte_feather == pytest.approx(4.8)


def place_request(folder: Path, **asked) -> GenerationRequest:
    """A person with alpha who stands still for 33 frames, and a plain place."""
    frame = np.full((64, 96, 4), 90, np.uint8)
    frame[..., 3] = 0
    frame[12:52, 56:66, 3] = 255
    (folder / "clip").mkdir()
    for index in range(33):
        write_png(folder / "clip" / f"{index:02d}.png", frame)
    write_png(folder / "scene.png", np.full((60, 90, 3), 120, np.uint8))
    place = PlaceInput(scene=folder / "scene.png", horizon=0.4, place="ground",
                       person_scale=asked.pop("person_scale", 1.0))  # fmt: skip
    return GenerationRequest(
        place=place,
        options=GenerationOptions(generator="projection"),
        **{"person": PersonInput(person=folder / "clip")} | asked,
    )


def test_keyframes_stand_at_the_frames_of_the_whole_clip(tmp_path: Path) -> None:
    """Also those beyond the number of frames that a preview has."""
    keys = [{"frame": 0}, {"frame": 21, "right": 0.2}, {"frame": 32, "pan": 9}]
    (tmp_path / "keys.json").write_text(json.dumps({"easing": "linear", "keyframes": keys}))
    request = place_request(tmp_path, camera=CameraInput(move=str(tmp_path / "keys.json")))
    whole, few = (
        open_inputs(request, tmp_path, Log(), is_preview=is_preview).shot.cameras
        for is_preview in (False, True)
    )
    numbers = thinned_numbers(33)
    torch.testing.assert_close(few.cam_from_world, whole.cam_from_world[numbers])
    torch.testing.assert_close(few.intrinsics, whole.intrinsics[numbers])


def test_a_preview_tells_what_the_full_run_tells(tmp_path: Path) -> None:
    request = place_request(tmp_path, person_scale=0.1, camera=CameraInput(move="static"))
    told = []
    for make in (make_clip, make_preview):
        display = Lines()
        make(request, tmp_path / "out", display)
        told.append(display.lines)
    assert told[0] == told[1]
    assert any("right for a view from a tower" in line for line in told[0])


def test_feet_are_not_followed_through_frames_that_lie_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(person_in_place, "clip_landmarks", lambda *_: pytest.fail("landmarks"))
    request = place_request(tmp_path, camera=CameraInput(move="static"))
    inputs = open_inputs(request, tmp_path, Log(), is_preview=True)
    assert inputs.estimates["feet"] == {"why_not": "the frames of a preview lie too far apart"}


def test_a_preview_makes_nobody_move(tmp_path: Path) -> None:
    request = place_request(
        tmp_path, person=None, motion=MotionInput(pose=tmp_path), camera=CameraInput(move="static")
    )
    with pytest.raises(InputError, match="`pose`: a preview makes nobody move"):
        make_preview(request, tmp_path / "out")


@pytest.mark.parametrize("name", ["four_bits", "preset", "prompt"])
def test_options_of_vace_are_no_hindrance(name: str, tmp_path: Path) -> None:
    """A preview's background is the projection, which has no use for them."""
    asked = {"four_bits": True, "preset": "24", "prompt": "a hall"}
    options = GenerationOptions(generator="vace", weights="w", **{name: asked[name]})
    request = place_request(tmp_path, person=None, camera=CameraInput(move="static"))
    inputs, _ = open_preview(replace(request, options=options), tmp_path, Log())
    assert len(inputs.shot) > 1


def test_a_preview_checks_the_options_of_the_full_run(tmp_path: Path) -> None:
    request = place_request(tmp_path, camera=CameraInput(move="static"))
    place = replace(request.place, ocio_scene=ColourSpace(str(tmp_path / "no.ocio"), "ACEScg"))
    with pytest.raises(InputError, match="`ocio_scene`"):
        make_preview(replace(request, place=place), tmp_path / "out")
    assert not list(tmp_path.glob("out*"))


def test_the_picture_lies_beside_the_results_and_leaves_them_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DYNASCENE_CACHE", str(tmp_path / "no-weights"))
    noise = np.random.default_rng(0).normal(size=(96, 160, 3)).astype(np.float32)
    coarse = cv2.GaussianBlur(noise, (0, 0), 2)
    wall = np.clip(110 + 45 * coarse / coarse.std(), 0, 255).astype(np.uint8)
    (tmp_path / "clip").mkdir()
    for index in range(30):
        frame = wall.copy()
        frame[26:82, 20 + 3 * index : 44 + 3 * index] = (210, 60, 60)
        write_png(tmp_path / "clip" / f"{index:02d}.png", frame)
    write_png(tmp_path / "scene.png", cv2.resize(wall, (180, 120)))
    out = tmp_path / "out"
    out.mkdir()
    (out / "report.json").write_text(json.dumps({"outputs": []}))
    main(["generate", str(tmp_path / "clip"), "--scene", str(tmp_path / "scene.png"),
          "--move", "pan-right:5", "--preview", "--out", str(out)])  # fmt: skip
    assert preview_path(out) == tmp_path / "out-preview.png"
    assert str(tmp_path / "out-preview.png") in capsys.readouterr().out
    assert [path.name for path in out.iterdir()] == ["report.json"]
    sheet = read_image(tmp_path / "out-preview.png")
    assert sheet.shape[1] > 6 * 160
    reddish = (sheet[..., 0] > 180) & (sheet[..., 1] < 90)
    assert reddish.sum() > 2 * 6 * 24 * 50  # the person, and the composite


def test_the_sheet_says_how_far_a_tracked_camera_travels_and_that_feet_may_correct_it(
    tmp_path: Path,
) -> None:
    request = place_request(tmp_path, camera=CameraInput(move="truck-right:0.3:linear"))
    inputs = open_inputs(request, tmp_path, Log(), is_preview=True)
    assert _doubt_of_way(request, inputs) == []  # a move goes as far as it was asked to
    tracked = replace(inputs, estimates={"camera": {"kind": "general"}})
    (line,) = _doubt_of_way(replace(request, camera=CameraInput()), tracked)
    assert "travels 0.3 of the place's depth" in line
    assert "halve or double" in line
    told = replace(request, camera=CameraInput(camera_scale=0.5))
    assert _doubt_of_way(told, tracked) == []
    turning = {"kind": "rotation", "verdict": "good"}
    for verdict, count in (("good", 0), ("doubtful", 1)):
        judged = replace(inputs, estimates={"camera": turning | {"verdict": verdict}})
        assert len(_doubt_of_way(replace(request, camera=CameraInput()), judged)) == count


def test_the_sheet_says_what_is_doubtful_of_the_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    doubt = "the picture hardly shows free ground where the person stands; `stand` 3,4 looks free"
    headers = []

    def sheet(rows: object, captions: object, header: SheetHeader) -> np.ndarray:
        headers.append(header)
        return np.zeros((8, 8, 3), np.uint8)

    monkeypatch.setattr(
        "dynascene.generation.preview.give_notices", lambda *them: them[-1].doubt(doubt)
    )
    monkeypatch.setattr("dynascene.generation.delivery.contact_sheet", sheet)
    write_png(tmp_path / "scene.png", np.full((36, 64, 3), 90, np.uint8))
    place, camera = PlaceInput(scene=tmp_path / "scene.png"), CameraInput(move="static")
    make_preview(GenerationRequest(place=place, camera=camera), tmp_path / "out")
    assert doubt.replace("`stand`", "“stand”") in headers[0].doubts


def test_a_preview_of_a_move_takes_as_long_as_the_move(tmp_path: Path) -> None:
    write_png(tmp_path / "scene.png", np.full((60, 90, 3), 120, np.uint8))
    place = PlaceInput(scene=tmp_path / "scene.png", horizon=0.4, place="ground")
    request = GenerationRequest(place=place, camera=CameraInput(move="static"), frames=(0, 49))
    whole = open_inputs(request, tmp_path, Log()).shot
    few = open_inputs(request, tmp_path, Log(), is_preview=True).shot
    assert len(few) == FRAMES
    assert (len(few) - 1) / few.frame_rate == (len(whole) - 1) / whole.frame_rate
