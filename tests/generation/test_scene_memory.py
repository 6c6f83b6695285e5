"""The scene memory: which views are painted, what they leave, and that a return finds it again."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny_pipeline import save_pipeline
from torch import Tensor

from dynascene.generation.clip import GenerationOptions
from dynascene.generation.generate import generate
from dynascene.generation.scene_memory import KeyView, SceneMemory, choose_view, coverage, key_view
from dynascene.geometry.canvas import SceneCanvas
from dynascene.geometry.framing import Framing, place_track
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.lifting import LiftedScene, lift_to_stage, lift_with_depth
from dynascene.geometry.moves import make_move
from dynascene.geometry.picture import PictureCamera
from dynascene.geometry.projection import GuideFrame
from dynascene.geometry.repainting import Paint, repaint
from dynascene.jobs.log import Log
from dynascene.types import CameraTrack, Shot, Size

pytestmark = pytest.mark.usefixtures("loaded_once")

SIZE, MODEL = Size(96, 60), Size(64, 40)
PAINT = Paint(torch.full((3, *MODEL[::-1]), 0.5), torch.ones(1, *MODEL[::-1]))


@pytest.fixture(scope="module")
def scene() -> LiftedScene:
    picture = torch.rand(3, 90, 140, generator=torch.Generator().manual_seed(3))
    return lift_to_stage(picture, PictureCamera(120.0, Size(140, 90), 40.0))


def there_and_back(degrees: float, size: Size = SIZE) -> CameraTrack:
    """Seven frames; the last ones are the first ones again."""
    way = make_move(f"pan-right:{degrees}:linear", 4, intrinsics_from_fov(50.0, size), size)
    poses = torch.cat([way.cam_from_world, way.cam_from_world[:-1].flip(0)])
    return CameraTrack(poses, way.intrinsics[[0, 1, 2, 3, 2, 1, 0]], size)


def shot(track: CameraTrack) -> Shot:
    return Shot(None, None, track, Fraction(24))


def options(weights: Path, **changes: Any) -> GenerationOptions:
    given: dict[str, Any] = {
        "weights": str(weights),
        "steps": 1,
        "guidance": 1.0,
        "framing": "centre",
    }
    return GenerationOptions(generator="diffusion", **(given | changes))


@pytest.mark.parametrize(
    ("unknown", "expected"),
    [
        ([0.0, 0.001, 0.004], None),  # next to nothing is left
        ([0.0, 0.2, 0.4, 0.3], 2),  # the most
        ([0.0, 0.2, 0.7, 1.0], 1),  # but what is mostly unknown has to wait
        ([0.9, 0.7, 0.8], 1),  # unless all of them are
    ],
)
def test_which_view_comes_next(unknown: list[float], expected: int | None) -> None:
    chosen = choose_view([KeyView(*pair) for pair in enumerate(unknown)], [])
    assert (chosen and chosen.frame) == expected


def test_key_views_go_outwards_until_everything_is_known(scene: LiftedScene) -> None:
    track = place_track(there_and_back(60, MODEL), Framing(0.0, scene.camera.pitch))
    memory = SceneMemory(scene, track)
    h, w = MODEL.height, MODEL.width
    red = torch.tensor([1.0, 0.0, 0.0])[:, None, None].expand(3, h, w)
    order: list[int] = []
    while (view := choose_view(memory.views(), order)) is not None:
        assert view.unknown <= 0.5 or not order
        order.append(view.frame)
        whole = torch.ones(1, h, w)
        memory.remember(key_view(track, view.frame), Paint(4 * red - 2, 0 * whole))
        assert len(order) < 9
    assert order
    for frame in memory.render(track):
        assert coverage(frame).mean() > 0.995
        revealed = (frame.visibility[0] < 1e-3).float()
        missed = (frame.colour[0] - 1).abs() * revealed
        assert missed.sum() <= 0.03 * revealed.sum()


def test_a_settled_memory_is_as_it_was_and_may_be_painted_again(scene: LiftedScene) -> None:
    track = place_track(there_and_back(60, MODEL), Framing(0.0, scene.camera.pitch))
    change = torch.linspace(-0.3, 0.3, 3)[:, None, None].expand(3, MODEL.height, MODEL.width)
    paint = Paint(change, torch.full((1, MODEL.height, MODEL.width), 0.5))
    memories = SceneMemory(scene, track), SceneMemory(scene, track)
    for memory in memories:
        memory.remember(key_view(track, 2), paint)
    memories[1].settle()
    for _ in range(2):
        for one, other in zip(*(memory.render(track) for memory in memories), strict=True):
            assert torch.equal(one.colour, other.colour)
            assert torch.equal(coverage(one), coverage(other))
        for memory in memories:
            memory.remember(key_view(track, 3), paint)


def place_with_boards() -> LiftedScene:
    """Two layers: what is behind the boards is unknown."""
    camera = PictureCamera(70.0, Size(80, 45), 22.5)
    row, column = torch.meshgrid(torch.arange(45.0), torch.arange(80.0), indexing="ij")
    depth = torch.where(row > 24, 22 / (row - 22).clamp_min(1), 20.0)
    for left, width, away in ((15, 8, 2.0), (37, 5, 3.0), (57, 10, 4.0)):
        board = (column > left) & (column < left + width) & (row > 10) & (row < 22 + 22 / away)
        depth = torch.where(board, away, depth)
    return lift_with_depth(torch.zeros(3, 45, 80), camera, depth)


def test_a_rendering_goes_on_as_it_began_while_more_is_painted() -> None:
    track = place_track(there_and_back(60, MODEL), Framing(0.0, 0.0))
    memory = SceneMemory(place_with_boards(), track)
    before = list(memory.render(track))
    frames = memory.render(track)
    memory.remember(key_view(track, 2), PAINT)
    assert all(torch.equal(*pair) for pair in colours(before, frames))
    assert not all(torch.equal(*pair) for pair in colours(before, memory.render(track)))


def test_an_error_leaves_no_layer_painted(monkeypatch: pytest.MonkeyPatch) -> None:
    track = place_track(there_and_back(60, MODEL), Framing(0.0, 0.0))
    memory = SceneMemory(place_with_boards(), track)
    before = list(memory.render(track))
    painted: list[SceneCanvas] = []

    def broken(*arguments: Any) -> SceneCanvas:
        if painted:
            raise MemoryError
        painted.append(repaint(*arguments))
        return painted[0]

    monkeypatch.setattr("dynascene.generation.scene_memory.repaint", broken)
    with pytest.raises(MemoryError):
        memory.remember(key_view(track, 2), PAINT)
    assert painted
    assert all(torch.equal(*pair) for pair in colours(before, memory.render(track)))


def colours(*renderings: Iterable[GuideFrame]) -> Iterator[tuple[Tensor, ...]]:
    """Of each frame of several renderings."""
    for frames in zip(*renderings, strict=True):
        yield tuple(frame.colour for frame in frames)


def test_what_no_view_can_paint_is_not_tried_again_and_again() -> None:
    """Torn edges of things stay partly unknown, however often the same view is painted."""
    place = place_with_boards()
    truck = make_move("truck-right:0.2", 9, intrinsics_from_fov(50.0, MODEL), MODEL)
    memory = SceneMemory(place, place_track(truck, Framing(0.0, place.camera.pitch)))
    before = sum(view.unknown for view in memory.views())
    painted: list[int] = []
    while (view := choose_view(memory.views(), painted)) is not None:
        assert view.frame not in painted
        painted.append(view.frame)
        memory.remember(key_view(memory.track, view.frame), PAINT)
    assert 0 < len(painted) <= 5
    assert sum(view.unknown for view in memory.views()) < before / 3


def test_a_camera_that_returns_finds_the_same_pixels(awake: Path, scene: LiftedScene) -> None:
    """With memory frames of one camera are equal, without it the windows differ."""
    made = {
        remembered: np.stack(
            [
                frame.background
                for frame in generate(
                    shot(there_and_back(60)), scene, options(awake, scene_memory=remembered)
                ).frames()
            ]
        )
        for remembered in (True, False)
    }
    back = {name: np.abs(frames[:3].astype(int) - frames[:3:-1]) for name, frames in made.items()}
    assert back[True].max() == 0
    assert back[False].max() > 0
    # neither is the projection alone
    plain = GenerationOptions(generator="projection", framing="centre")
    guide = list(generate(shot(there_and_back(60)), scene, plain).frames())
    revealed = guide[3].visibility[..., 0] == 0
    for frames in made.values():
        assert np.abs(frames[3].astype(int) - guide[3].background)[revealed].mean() > 0.3


def test_what_the_picture_shows_stays(awake: Path, scene: LiftedScene) -> None:
    plain = GenerationOptions(generator="projection", framing="centre")
    track = there_and_back(60)
    guide = generate(shot(track), scene, plain).frames()
    made = generate(shot(track), scene, options(awake)).frames()
    for one, two in zip(made, guide, strict=True):
        assert np.array_equal(one.visibility, two.visibility)
        # a pixel samples the canvas around it: at the border of what is seen it has some paint
        seen = one.visibility[..., 0] == 255
        assert np.array_equal(one.guide[seen], two.guide[seen])
        assert np.array_equal(one.background[seen], one.guide[seen])


def test_the_report_says_how_many_views_it_took(awake: Path, scene: LiftedScene) -> None:
    clip, log = generate(shot(there_and_back(60)), scene, options(awake)), Log()
    assert clip.sample is not None
    clip.sample(log)
    assert log.stages[0]["stage"] == "scene memory"
    assert clip.sampling["key_views"] >= 1


def test_without_a_guide_there_is_no_memory_and_a_notice_says_so(tmp_path: Path, scene) -> None:
    weights = save_pipeline(tmp_path, guide=False, awake=True)
    clip, log = generate(shot(there_and_back(60)), scene, options(weights)), Log()
    assert clip.sample is not None
    clip.sample(log)
    assert "no scene memory" in " ".join(log.notices)
    assert "key_views" not in clip.sampling


def test_a_single_picture_needs_no_memory(awake: Path, scene: LiftedScene) -> None:
    track = there_and_back(60)[3:4]
    clip, log = generate(shot(track), scene, options(awake)), Log()
    assert clip.sample is not None
    clip.sample(log)
    assert [stage["stage"] for stage in log.stages] == ["sampling"]
