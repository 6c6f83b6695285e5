"""What the app does for one session, without a browser."""

import html
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from app_server import FRAMES, SIZE, write_person, write_place

from dynascene.errors import InputError
from dynascene.generation.clip import DEFAULT_GENERATOR
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.moves import make_move
from dynascene.interfaces.app.desk import Desk, VaceWeights
from dynascene.interfaces.app.drafts import FILE, KEYFRAMES, MOVE, VACE
from dynascene.interfaces.app.store import JobStore
from dynascene.interfaces.app.workers import Workers
from dynascene.io.cameras import write_cameras

ADA = "a" * 32


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """With everything chosen that a render needs."""
    store = JobStore(tmp_path / "jobs.sqlite")
    desk = Desk(tmp_path, store, Workers(store, tmp_path))
    clip, scene = write_person(tmp_path / "walker.mov"), write_place(tmp_path / "place.png")
    desk.choose(ADA, clip=str(clip), scene=str(scene), camera=MOVE, generator="projection")
    yield desk
    store.close()


def test_a_prompt_that_cannot_be_read_does_not_wait_for_its_turn(
    desk: Desk, tmp_path: Path
) -> None:
    """Weights that were fetched for the empty prompt need no text encoder."""
    pytest.importorskip("diffusers", reason="diffusers is not installed")
    from tiny_vace import save_vace

    weights = save_vace(tmp_path / "weights")
    desk.vace = VaceWeights(str(weights))
    desk.choose(ADA, generator=VACE, prompt="a mountain lake at night")
    assert desk.start(ADA, "render").state == "waiting"
    shutil.rmtree(weights / "text_encoder")
    desk.choose(ADA, prompt="a lake that nobody has asked for")
    with desk.complaints() as lines:
        desk.start(ADA, "render")
    (line,) = lines
    assert line.startswith("“Weights” weights: has no text_encoder, and this prompt has not been")
    assert desk.store.last_job(ADA, "render", "cancelled") is None  # the first one still waits


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ([0, "nan"], "row 2 of the table: orbit nan is no finite number"),
        ([0, 5, "-inf"], "row 2 of the table: right -inf is no finite number"),
        (["1e400"], "row 2 of the table: frame inf is no finite number"),
        ([3, 10**400], "row 2 of the table: a cell is no number"),
        ([3, "left"], "row 2 of the table: a cell is no number"),
        ([1.7, 5], "row 2 of the table: frame 1.7 must be a whole number"),
    ],
)
def test_cells_of_the_table_of_keyframes_are_finite(desk: Desk, row: list, reason: str) -> None:
    with pytest.raises(InputError) as raised:
        desk.write_keyframes(ADA, [[0, 0], row])
    assert str(raised.value) == reason
    assert desk.store.draft(ADA).keyframes is None


def test_a_job_keeps_the_keyframes_of_its_time(desk: Desk) -> None:
    desk.choose(ADA, camera=KEYFRAMES)
    first = desk.write_keyframes(ADA, [[0, 0], [5.0, "7"]])
    job = desk.start(ADA, "render")
    second = desk.write_keyframes(ADA, [[0, 0], [5, 9]])
    assert [row[:2] for row in desk.read_keyframes(job.draft)] == [[0, 0], [5, 7]]
    assert [row[:2] for row in desk.read_keyframes(second)] == [[0, 0], [5, 9]]
    assert desk.write_keyframes(ADA, [[0, 0], [5, 7]]).keyframes == first.keyframes


def test_an_unused_height_of_the_camera_is_told(desk: Desk, tmp_path: Path) -> None:
    gr = pytest.importorskip("gradio", reason="gradio is not installed")
    from dynascene.interfaces.app.steps.camera import HEIGHT_UNUSED, CameraStep

    keyframes = tmp_path / "dolly.json"
    keyframes.write_text('{"keyframes": [{"frame": 0}, {"frame": 5, "pan": 7}]}')
    desk.choose(ADA, camera=FILE, camera_file=str(keyframes))
    with gr.Blocks():
        step = CameraStep(desk)
    words = [step.set_height(ADA, height)[step.words] for height in (1.6, 0.0)]
    assert [html.escape(HEIGHT_UNUSED) in text for text in words] == [True, False]


def test_what_was_just_typed_is_rendered(desk: Desk) -> None:
    """A click on the button leaves the field at the same moment."""
    pytest.importorskip("gradio", reason="gradio is not installed")
    from dynascene.interfaces.app.page import Page

    page = Page(desk, "secret")
    step = page.render
    (click,) = (
        function
        for function in page.blocks.fns.values()
        if (step.start._id, "click") in function.targets
    )
    shown = dict(zip(step.choices, ["projection", " fog ", "426x240", [], [], 3], strict=True))
    assert click.fn is not None
    updates = click.fn(*(shown.get(part, ADA) for part in click.inputs))
    job = desk.store.last_job(ADA, "render")
    assert job is not None
    assert (job.draft.prompt, job.draft.size, job.draft.seed) == ("fog", (426, 240), 3)
    assert set(updates) <= set(click.outputs)


def test_clicks_and_the_cut_out_that_they_are_for_take_turns(desk: Desk) -> None:
    """Otherwise a click that comes first could be written after the job has begun."""
    pytest.importorskip("gradio", reason="gradio is not installed")
    from dynascene.interfaces.app.page import Page

    page = Page(desk, "secret")
    matte = page.matte
    events = [(matte.picture, "select"), (matte.picture, "release"), (matte.backend, "input"),
              (matte.start, "click"), (matte.hints, "blur"), (matte.number, "input")]  # fmt: skip
    functions = [
        next(f for f in page.blocks.fns.values() if (part._id, name) in f.targets)
        for part, name in events
    ]
    assert {f.concurrency_id for f in functions} == {"matte"}
    assert [f.trigger_mode for f in functions] == [*["multiple"] * 3, "once", *["always_last"] * 2]
    assert {f.concurrency_limit for f in functions} == {1}


def test_a_message_has_one_article(desk: Desk) -> None:
    words = desk.for_page("`hints`: is for a `person` (a `matte` replaces it, the `scene` stays)")
    assert words == "clicks: is for a clip (a matte replaces it, the picture stays)"
    assert desk.for_page("`matte` x.mp4: is missing") == "a matte x.mp4: is missing"


def test_without_its_weights_the_generator_is_the_usual_one(desk: Desk) -> None:
    gr = pytest.importorskip("gradio", reason="gradio is not installed")
    from dynascene.interfaces.app.steps.render import RenderStep

    desk.choose(ADA, generator=VACE)  # while the server had weights
    with gr.Blocks():
        step = RenderStep(desk)
    shown = step.show(ADA, desk.store.draft(ADA))[step.generator]
    assert shown == desk.store.draft(ADA).generator == DEFAULT_GENERATOR


def test_a_scale_that_changes_beside_the_cameras_changes_the_preview(
    desk: Desk, tmp_path: Path
) -> None:
    cameras = tmp_path / "cameras.txt"
    track = make_move("truck-right:0.2", FRAMES, intrinsics_from_fov(60, SIZE), SIZE)
    write_cameras(track, cameras, "re10k")
    desk.choose(ADA, camera=FILE, camera_file=str(cameras))
    made = []
    for height in (0.5, 2.0, 2.0):
        scale = {"camera_height_units": height, "pitch_degrees": None, "confidence": 0}
        (tmp_path / "scale.json").write_text(json.dumps(scale))
        os.utime(tmp_path / "scale.json", ns=(0, round(height * 1e9)))
        desk.preview(ADA, 0.0)
        made.append(len(list((tmp_path / ADA / "stand-ins").iterdir())))
    assert made == [1, 2, 2]
