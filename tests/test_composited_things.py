"""What the benchmark of mattes renders beside people: surfaces, and limbs bent to them."""

import importlib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from dynascene.synthetic.characters.glb_file import Character
from dynascene.synthetic.solid.mesh import Skin

PLAIN = Skin(0, 1.0)


@pytest.fixture
def load(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "benchmarks"))

    def module(name: str) -> ModuleType:
        return importlib.import_module(f"composited.{name}")

    return module


def limb(names: tuple[str, ...]) -> Character:
    """Joints in a row, half a metre apart, along −y from a height of 1.5 m."""
    count = len(names)
    heights = 1.5 - 0.5 * np.arange(count)
    bind = np.tile(np.eye(4), (count, 1, 1))
    bind[:, 1, 3] = -heights
    return Character(
        name="limb", positions=np.zeros((1, 3)), normals=np.zeros((1, 3)), texel=np.zeros((1, 3)),
        tint=np.ones((1, 3)), joints=np.zeros((1, 4), int), weights=np.ones((1, 4)) / 4,
        triangles=np.zeros((1, 3), int), pictures=np.ones((1, 2, 2, 4), np.float32),
        parents=np.arange(-1, count - 1), order=tuple(range(count)),
        translation=np.zeros((count, 3)), rotation=np.tile([0.0, 0, 0, 1], (count, 1)),
        scale=np.ones((count, 3)), skin=np.arange(count), joint_names=names, inverse_bind=bind,
        animations={},
    )  # fmt: skip


def test_a_hand_goes_where_it_is_wanted_and_bones_keep_their_length(load) -> None:
    postures = load("postures")
    body = limb(("LeftArm", "LeftForeArm", "LeftHand"))
    wanted = np.array([[0.3, 1.2, 0.4], [-0.2, 1.9, 0.5], [0.0, 1.5, 0.2]])
    still = np.tile(np.eye(4), (3, 3, 1, 1))
    bent = postures.assume(body, still, postures.Posture({"left hand": wanted}))
    joints = np.stack([bent[:, k] @ [0, 1.5 - 0.5 * k, 0, 1] for k in range(3)])[..., :3]
    np.testing.assert_allclose(joints[2], wanted, atol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(np.diff(joints, axis=0), axis=-1), 0.5)
    far = postures.Posture({"left hand": np.array([[0.0, 1.5, 9.0]])})
    ahead = (postures.assume(body, still, far)[:, 2] @ [0, 0.5, 0, 1])[:, :3]
    np.testing.assert_allclose(ahead, [[0, 1.5, 1.0]] * 3, atol=2e-3)  # stretched out


def test_surfaces_look_outwards_and_keep_to_their_equations(load) -> None:
    shapes = load("shapes")
    middle = shapes.point(0.5, 1.0, -2.0)
    ball = shapes.block((0.6, 0.6, 0.6), PLAIN, middle, roundness=2.0)
    case = shapes.block((0.4, 0.6, 0.2), PLAIN, middle, roundness=8.0)
    tyre = shapes.ring(0.3, 0.04, PLAIN, middle)
    away = ball.vertices[:, :3] - middle
    np.testing.assert_allclose(np.linalg.norm(away, axis=1), 0.3, atol=1e-6)
    np.testing.assert_allclose(ball.vertices[:, 3:6], away / 0.3, atol=1e-5)
    share = np.abs((case.vertices[:, :3] - middle) / [0.2, 0.3, 0.1]) ** 8
    np.testing.assert_allclose(share.sum(1), 1, atol=1e-5)
    across, *around = (tyre.vertices[:, :3] - middle).T
    np.testing.assert_allclose(np.hypot(across, np.hypot(*around) - 0.28), 0.02, atol=1e-6)
    both = shapes.union([ball, tyre])
    assert both.triangles.dtype == np.int32  # as the renderer reads them
    assert both.triangles.max() == len(both.vertices) - 1
    np.testing.assert_array_equal(both.triangles[len(ball.triangles) :].min(), len(ball.vertices))


def test_a_suitcase_stays_at_the_hand_and_on_the_ground(load) -> None:
    bearer, carrying = load("bearer"), load("carrying")
    places = np.array([[0.0, 1.5, 3.0], [0.4, 1.5, 3.0], [0.8, 1.5, 3.0]])
    headings = np.full(3, np.pi / 2)  # to the right
    hand = places + np.array([-0.1, -0.7, 0.2])
    skins = bearer.Skins(PLAIN, PLAIN, PLAIN, PLAIN)
    person = bearer.Bearer(places, headings, places[:, 0], hand, hand, hand)
    (part,) = carrying.suitcase(person, skins)
    grip = (part.poses @ [0, -carrying.BAR, 0, 1])[:, :3]
    np.testing.assert_allclose(grip, hand, atol=1e-9)
    axle = part.poses[:, :3, 3]
    np.testing.assert_allclose(axle[:, 1], 1.5)
    assert (axle[:, 0] < hand[:, 0]).all()  # behind
