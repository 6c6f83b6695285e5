"""What the sheet says above its pictures, and the notice on how much of the view is seen."""

from dataclasses import replace

import numpy as np
import pytest

from dynascene import CameraInput, GenerationRequest, PlaceInput
from dynascene.generation.clip import GeneratedClip
from dynascene.generation.delivery import ClipSheet, clip_sheet
from dynascene.generation.generate import generate
from dynascene.generation.inputs import Inputs
from dynascene.generation.notices import give_notices
from dynascene.generation.opening import open_inputs
from dynascene.geometry.framing import Framing
from dynascene.imaging.sheet import SheetHeader
from dynascene.io.images import write_png
from dynascene.jobs.log import Log

Opened = tuple[GenerationRequest, Inputs, GeneratedClip]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    """A plain place and a camera that turns away from it."""
    scene = tmp_path_factory.mktemp("place") / "scene.png"
    write_png(scene, np.full((36, 64, 3), 90, np.uint8))
    place = PlaceInput(scene=scene, horizon=0.5, place="ground", scene_fov=60)
    camera = CameraInput(move="pan-right:80:linear", fov=50)
    request = GenerationRequest(place=place, camera=camera, frames=(0, 3))
    inputs = open_inputs(request, scene.parent, Log())
    return request, inputs, generate(inputs.shot, inputs.scene, request.options)


@pytest.fixture
def headers(monkeypatch: pytest.MonkeyPatch) -> list[SheetHeader]:
    """Of the sheets that are drawn."""
    drawn: list[SheetHeader] = []

    def sheet(rows: object, captions: object, header: SheetHeader) -> np.ndarray:
        drawn.append(header)
        return np.zeros((8, 8, 3), np.uint8)

    monkeypatch.setattr("dynascene.generation.delivery.contact_sheet", sheet)
    return drawn


def test_angles_are_said_by_their_direction_and_the_camera_in_words(
    opened: Opened, headers: list[SheetHeader]
) -> None:
    _, inputs, clip = opened
    tracked = {"camera": {"kind": "general", "verdict": "good"}}
    turned = replace(clip, framing=Framing(-3.72, -6.86))
    clip_sheet(replace(inputs, estimates=tracked), turned, ClipSheet([0]))
    clip_sheet(inputs, replace(clip, framing=Framing(0.21, -0.04)), ClipSheet([0]))
    assert "framing 3.7° left, 6.9° down\n" in headers[0].title
    assert "camera: travels, good" in headers[0].title
    assert "framing 0.2° right, 0.0° up\n" in headers[1].title
    assert "3 frames, background" in headers[1].title
    single = replace(inputs, shot=replace(inputs.shot, cameras=inputs.shot.cameras[:1]))
    clip_sheet(single, replace(clip, track=clip.track[:1]), ClipSheet([0]))
    assert "1 frame, background" in headers[2].title


def test_the_frame_that_shows_least_is_said(opened: Opened, headers: list[SheetHeader]) -> None:
    """A pan away from the picture ends where it shows little: the mean alone would hide that."""
    request, inputs, clip = opened
    shares = clip.seen_shares
    assert clip.seen_share == pytest.approx(np.mean(shares))
    assert clip.least_seen == int(np.argmin(shares))
    log = Log()
    even = replace(clip, seen_shares=(0.9, 0.88, 0.91))
    ending = replace(clip, seen_shares=(1.0, 0.9, 0.3))
    thinned = replace(inputs, numbers=(0, 12, 23))
    give_notices(request, inputs, even, log)
    give_notices(request, inputs, ending, log)
    give_notices(request, thinned, ending, log)
    give_notices(request, inputs, replace(clip, seen_shares=(1.0, 0.999, 1.0)), log)
    seen = [line for line in log.notices if "of the view" in line]
    assert seen == [
        "the picture shows 90% of the view; the rest is filled",
        "the picture shows 73% of the view, but only 30% in frame 2; the rest is filled",
        "the picture shows 73% of the view, but only 30% in frame 23; the rest is filled",
        "the picture shows 100% of the view",
    ]
    clip_sheet(thinned, ending, ClipSheet([0]))
    assert "the picture shows 73% of the view, but only 30% in frame 23\n" in headers[0].title
    assert "\nhorizon: 50% below the picture's top\n" in headers[0].title


def test_one_frame_that_shows_hardly_anything_is_warned_of(opened: Opened) -> None:
    request, inputs, clip = opened
    for shares in ((1.0, 1.0, 0.1), (0.1, 0.1, 0.1)):
        log = Log()
        give_notices(request, inputs, replace(clip, seen_shares=shares), log)
        (line,) = [line for line in log.notices if "of the view" in line]
        assert "try `framing` centre" in line
        assert line in log.doubts
        assert ("10% in frame 2" in line) == (shares[0] == 1)


def test_doubts_of_the_result_stand_on_the_sheet(
    opened: Opened, headers: list[SheetHeader]
) -> None:
    _, inputs, clip = opened
    clip_sheet(inputs, clip, ClipSheet([0]), ["feet hang; `stand` 3,4 or `framing` mend it"])
    clip_sheet(inputs, clip, ClipSheet([0]))
    assert headers[0].doubts == ("feet hang; “stand” 3,4 or “framing” mend it",)
    assert headers[1].doubts == ()
