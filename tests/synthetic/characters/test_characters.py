"""Characters: skinning against a slow reference, feet that stay where they stand."""

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from pygltflib import GLTF2

from dynascene.errors import InputError
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.moves import make_move
from dynascene.geometry.rays import track_rays
from dynascene.synthetic.characters import filming
from dynascene.synthetic.characters.cycle import PHASES, Cycle, measure_cycle
from dynascene.synthetic.characters.filming import (
    FRAME_RATE,
    CharacterMotion,
    draw_motion,
    film_character,
    motion_vertices,
    move_along,
)
from dynascene.synthetic.characters.glb_file import Animation, Channel, Character, read_character
from dynascene.synthetic.characters.skinning import joint_matrices, sample_channel, skin_vertices
from dynascene.synthetic.solid.graphics import graphics
from dynascene.synthetic.solid.solids import Daylight
from dynascene.types import Size

FOLDER = Path(__file__).parents[4] / "shared" / "training" / "characters"
NAMES = ("CesiumMan", "quaternius_Male_Suit", "valid_White_F_3_Casual")
GAITS = {"Anim_0", "Walk", "Run"}


def character(name: str) -> Character:
    path = FOLDER / f"{name}.glb"
    if not path.is_file():
        pytest.skip("no ../shared/training/characters here")
    return read_character(path)


def tiny() -> Character:
    """Two joints, one on the other, and three vertices: of the first, of the second, of both."""
    return Character(
        name="tiny", positions=np.array([[0, 0, 0], [0, 2, 0], [1, 1, 0]], np.float32),
        normals=np.array([[0, 0, 1]] * 3, np.float32), texel=np.zeros((3, 3)),
        tint=np.ones((3, 3)), joints=np.array([[0, 1, 0, 0]] * 3),
        weights=np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0.25, 0.75, 0, 0]]),
        triangles=np.array([[0, 1, 2]]), pictures=np.ones((1, 2, 2, 4), np.float32),
        parents=np.array([1, -1]), order=(1, 0),
        translation=np.array([[0.0, 1, 0], [0, 0, 0]]), rotation=np.array([[0.0, 0, 0, 1]] * 2),
        scale=np.ones((2, 3)), skin=np.array([1, 0]),
        joint_names=("upper", "lower"), inverse_bind=np.stack([np.eye(4)] * 2),
        animations={},
    )  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_skinning_equals_a_slow_reference(name: str) -> None:
    body = character(name)
    animation = next(iter(body.animations.values()))
    matrices = joint_matrices(body, animation, np.array([0.0, 0.31, 0.5]))
    points, normals = skin_vertices(body, matrices)
    for frame, vertex in ((0, 5), (1, 1234), (2, len(body.positions) - 1)):
        expected, direction = np.zeros(3), np.zeros(3)
        for joint, weight in zip(body.joints[vertex], body.weights[vertex], strict=True):
            m = matrices[frame, joint]
            expected += weight * (m[:3, :3] @ body.positions[vertex] + m[:3, 3])
            direction += weight * (m[:3, :3] @ body.normals[vertex])
        np.testing.assert_allclose(points[frame, vertex], expected, atol=1e-5)
        np.testing.assert_allclose(
            normals[frame, vertex], direction / np.linalg.norm(direction), atol=1e-4
        )


@pytest.mark.parametrize("name", NAMES)
def test_joints_in_their_bind_pose_leave_the_mesh_alone(name: str) -> None:
    body = character(name)
    bound = np.linalg.inv(body.inverse_bind) @ body.inverse_bind
    points, normals = skin_vertices(body, bound[None])
    np.testing.assert_allclose(points[0], body.positions, atol=1e-5)
    np.testing.assert_allclose(
        normals[0], body.normals / np.linalg.norm(body.normals, axis=1, keepdims=True), atol=1e-4
    )


def test_a_child_moves_with_its_parent() -> None:
    body = tiny()
    half = math.sqrt(0.5)
    quarter_turn = Channel(1, "rotation", np.zeros(1), np.array([[0, 0, half, half]]), "LINEAR")
    still, after_turn = (
        joint_matrices(body, Animation(c, 1.0), np.zeros(1))[0] for c in ((), (quarter_turn,))
    )
    np.testing.assert_allclose(still[1][:3, 3], [0, 1, 0])
    np.testing.assert_allclose(after_turn[1][:3, 3], [-1, 0, 0], atol=1e-12)  # y turns to −x
    np.testing.assert_allclose(after_turn[0][:3, :3] @ [1, 0, 0], [0, 1, 0], atol=1e-12)


def test_channels_between_their_keys() -> None:
    keys, times = np.array([0.0, 1.0]), np.array([-1.0, 0.25, 0.5, 3.0])
    ends = np.array([[0.0, 0, 0], [4, 0, 0]])
    line = sample_channel(Channel(0, "translation", keys, ends, "LINEAR"), times)
    np.testing.assert_allclose(line[:, 0], [0, 1, 2, 4])
    step = sample_channel(Channel(0, "translation", keys, ends, "STEP"), times)
    np.testing.assert_allclose(step[:, 0], [0, 0, 0, 4])
    half = math.sqrt(0.5)
    turn = np.array([[0, 0, 0, 1.0], [0, 0, -half, -half]])  # 90°, by its other quaternion
    halfway = sample_channel(Channel(0, "rotation", keys, turn, "LINEAR"), np.array([0.5]))
    angle = math.radians(45 / 2)
    np.testing.assert_allclose(halfway[0], [0, 0, math.sin(angle), math.cos(angle)], atol=1e-12)
    flat = np.stack([np.zeros((2, 3)), ends, np.zeros((2, 3))], axis=1)
    cubic = sample_channel(Channel(0, "translation", keys, flat, "CUBICSPLINE"), times)
    np.testing.assert_allclose(cubic[:, 0], [0, 4 * (3 / 16 - 2 / 64), 2, 4])


def sole_steps(frames: list[np.ndarray], body: Character) -> list[float]:
    """Metres that the standing foot moves from frame to frame."""
    points = np.stack(frames)[..., :3].astype(np.float64)  # y down, the ground at 0
    rest = skin_vertices(body, joint_matrices(body, None, np.zeros(1)))[0][0]
    sides = [rest[:, 0] < np.median(rest[:, 0]), rest[:, 0] > np.median(rest[:, 0])]
    steps = []
    for before, after in pairwise(points):
        sole_shifts = []
        for side in sides:
            low = max(before[side, 1].max(), after[side, 1].max())
            sole = side & (before[:, 1] > low - 0.02) & (after[:, 1] > low - 0.02)
            if low > -0.02 and sole.sum() > 5:
                sole_shifts.append(float(np.median(np.hypot(*(after - before)[sole][:, ::2].T))))
        if sole_shifts:
            steps.append(min(sole_shifts))
    return steps


@pytest.mark.parametrize("name", NAMES)
def test_feet_do_not_slide(name: str) -> None:
    body = character(name)
    for gait in GAITS & set(body.animations):
        cycle = measure_cycle(body, gait)
        assert 0.6 < cycle.stride < 4.5
        assert (np.diff(cycle.travel) > 0).all()
        frames = round(1.5 * cycle.seconds * FRAME_RATE)
        distance = np.arange(frames) / FRAME_RATE * cycle.speed
        for bend, usual, most in ((0.0, 0.002, 0.008), (0.15, 0.008, 0.02)):  # radians per metre
            heading = 0.7 + bend * distance
            chord = np.diff(distance, prepend=0.0)[:, None]
            way = np.cumsum(chord * np.stack([np.sin(heading), np.cos(heading)], 1), axis=0)
            vertices = motion_vertices(body, CharacterMotion(way, heading, distance, cycle), 0.0)
            steps = sole_steps(vertices, body)
            assert len(steps) > frames / 4
            assert np.median(steps) < usual, (gait, bend)
            assert np.quantile(steps, 0.9) < most, (gait, bend)


def test_phases_follow_the_distance() -> None:
    body = character(NAMES[2])
    cycle = measure_cycle(body, "Walk")
    distance = np.linspace(-1, 5, 50)
    phase = cycle.phase_at(distance)
    assert (np.diff(phase) > 0).all()
    back = np.floor(phase) * cycle.stride + np.interp(
        phase % 1, np.linspace(0, 1, len(cycle.travel)), cycle.travel
    )
    np.testing.assert_allclose(back, distance, atol=1e-6)
    assert measure_cycle(body, "Idle").stride == 0


def test_who_walks_looks_where_they_go() -> None:
    body = character(NAMES[1])
    cycles = {name: measure_cycle(body, name) for name in ("Walk", "Run", "Idle")}
    waypoints = np.stack([np.linspace(0, 1.5, 24), np.full(24, 4.0)], axis=1)  # to the right
    motion = move_along(np.random.default_rng(0), cycles, waypoints)
    assert motion.cycle.name == "Walk"
    np.testing.assert_allclose(motion.headings, math.pi / 2, atol=1e-3)
    np.testing.assert_allclose(motion.positions, waypoints, atol=0.02)
    fast = move_along(np.random.default_rng(0), cycles, waypoints * [[2.5, 1]])
    assert fast.cycle.name == "Run"
    stays = move_along(np.random.default_rng(0), cycles, waypoints * [[0.01, 1]])
    assert stays.cycle.name == "Idle"


def test_the_person_alone_is_drawn_whole() -> None:
    try:
        graphics()
    except InputError as error:
        pytest.skip(str(error))
    character(NAMES[2])
    size = Size(64, 48)
    track = make_move("truck-right:0.5", 3, intrinsics_from_fov(60, size), size)
    light = Daylight((-0.5, -0.7, -0.5), (0.5,) * 3, (0.5,) * 3, (0.3,) * 3)
    colour, matte = film_character(
        np.random.default_rng(3), [FOLDER / f"{NAMES[2]}.glb"], track, track_rays(track),
        1.5, 1.0, light,
    )  # fmt: skip
    assert colour.shape == (3, 3, 48, 64)
    assert matte.shape == (3, 1, 48, 64)
    assert float(matte.max()) == 1
    assert 0.005 < float(matte.mean()) < 0.6
    assert not colour[(matte == 0).expand_as(colour)].any()
    solid = colour[(matte == 1).expand_as(colour)]
    assert 0.05 < float(solid.mean()) < 0.95
    assert torch.equal(matte, matte.clamp(0, 1))


def test_who_has_no_walk_stands() -> None:
    still = np.zeros(PHASES + 1)
    idle = {"Idle": Cycle("Idle", 2.0, math.nan, still, still, still)}
    size = Size(64, 48)
    track = make_move("truck-right:0.5", 3, intrinsics_from_fov(60, size), size)
    body = replace(tiny(), animations={"Idle": Animation((), 2.0)})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(filming, "measure_cycle", lambda _, name: idle[name])
        for seed in range(20):  # followed or not, whatever is drawn
            motion = draw_motion(np.random.default_rng(seed), body, track, 1.5, 1.0)
            assert motion.cycle.name == "Idle"
            assert (motion.positions == motion.positions[0]).all()


def spoil_file(path: Path, spoil: Callable[[GLTF2], object]) -> Path:
    character(NAMES[0])
    file = GLTF2().load(str(FOLDER / f"{NAMES[0]}.glb"))
    assert file is not None
    spoil(file)
    file.save_binary(str(path))
    return path


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda file: setattr(file.meshes[0].primitives[0].attributes, "NORMAL", None), "normals"),
        (lambda file: setattr(file.meshes[0].primitives[0], "material", None), "materials"),
        (lambda file: setattr(file.nodes[0], "matrix", list(np.eye(4).ravel())), "has a matrix"),
        (lambda file: [setattr(n, "skin", 1) for n in file.nodes if n.skin == 0], "several skins"),
        (lambda file: file.skins.clear(), "no skinned"),
    ],
)
def test_what_a_character_lacks_is_said_in_one_line(tmp_path: Path, spoil, message: str) -> None:
    with pytest.raises(InputError, match=rf"flawed\.glb: .*{message}") as caught:
        read_character(spoil_file(tmp_path / "flawed.glb", spoil))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"glTF\x01\0\0\0", b"glTF\x02\0\0\0 and no more"])
def test_what_is_no_character_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.glb"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"broken\.glb") as caught:
        read_character(path)
    assert "\n" not in str(caught.value)
