"""The stand-in of a person's clip knows of the camera what the full run knows."""

import json
import math
from pathlib import Path

import pytest
import torch
from panned_person import FRAMES, SIZE, filmed, pan

from dynascene.generation.camera_input import FilmedCamera, read_filmed
from dynascene.generation.clip_scale import clip_beside, clip_figures
from dynascene.generation.footage import with_footage
from dynascene.generation.person_input import open_person
from dynascene.generation.place_request import PlaceInput
from dynascene.generation.request import CameraInput, GenerationRequest, PersonInput
from dynascene.generation.stand_in import make_stand_in, with_stand_in
from dynascene.io.cameras import write_cameras
from dynascene.io.images import write_png
from dynascene.jobs.log import Log

SCALE = {"camera_height_units": 0.5, "pitch_degrees": -7.0, "confidence": 0.9}
CUT = 2  # frames before the excerpt


@pytest.fixture
def request_of_a_clip(tmp_path: Path) -> GenerationRequest:
    """A clip, its matte, and cameras that rise and turn; without a report beside them."""
    for name, source in zip(("clip", "matte"), filmed(pan(12.0)), strict=True):
        (tmp_path / name).mkdir()
        for index, frame in enumerate(source.read()):
            write_png(tmp_path / name / f"{index:03d}.png", frame)
    track = pan(12.0)
    track.cam_from_world[:, 1, 3] = 0.02 * torch.arange(FRAMES)
    write_cameras(track, tmp_path / "cameras.txt", "re10k")
    return GenerationRequest(
        place=PlaceInput(scene=tmp_path / "place.png"),
        person=PersonInput(person=tmp_path / "clip", matte=tmp_path / "matte"),
        camera=CameraInput(cameras=str(tmp_path / "cameras.txt")),
        frames=(CUT, FRAMES),
    )


def camera_of(request: GenerationRequest) -> FilmedCamera:
    assert request.person is not None
    count = len(open_person(request.person, request.frames).colour)
    beside = clip_beside(request.camera, request.person.person, Log())
    camera = read_filmed(request.camera, SIZE, count, request.frames, Log(), 24.0, beside)
    assert camera is not None
    return with_footage(camera, beside)


@pytest.mark.parametrize(
    ("of_clip", "scale"),
    [(True, SCALE), (True, None), (False, SCALE), (None, SCALE), (None, None)],
)
def test_the_stand_in_knows_what_the_full_run_knows(
    request_of_a_clip: GenerationRequest, of_clip: bool | None, scale: dict | None, tmp_path: Path
) -> None:
    """of_clip: whether a report tells that this clip was tracked; None: a scale.json at most."""
    request, cameras = request_of_a_clip, tmp_path / "cameras.txt"
    if of_clip is None:
        if scale is not None:
            (tmp_path / "scale.json").write_text(json.dumps(scale))
    else:
        tracked = tmp_path / ("clip" if of_clip else "matte")
        figures = {"scale": scale} | clip_figures(tracked, cameras, (0, FRAMES))
        (tmp_path / "cameras.track.json").write_text(json.dumps(figures))
    full = camera_of(request)
    make_stand_in(request, tmp_path / "stand-in")
    seen = camera_of(with_stand_in(request, tmp_path / "stand-in"))
    assert full.is_own == (of_clip or (of_clip is None and scale is not None))
    assert (seen.is_own, seen.height) == (full.is_own, full.height)
    assert (seen.attitude is None) == (full.attitude is None) == (scale is None)
    if full.attitude is not None and seen.attitude is not None:
        assert full.height is not None
        assert not math.isclose(full.height, 0.5)  # of the excerpt's first camera
        assert seen.attitude[:3] == pytest.approx(full.attitude[:3], abs=1e-6)
    first, again = full.track.cam_from_world, seen.track.cam_from_world
    torch.testing.assert_close(again[[0, -1]], first[[0, -1]], atol=1e-5, rtol=0)
