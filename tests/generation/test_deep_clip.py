"""A person of more than 8 bits: they reach the layers and the clip."""

from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from dynascene.generation.clip import GenerationOptions
from dynascene.generation.compositing import composite, shade
from dynascene.generation.delivery_input import DeliveryInput
from dynascene.generation.job import make_clip
from dynascene.generation.look.look_input import LookInput
from dynascene.generation.look.tone import Tone
from dynascene.generation.request import CameraInput, GenerationRequest, PersonInput, PlaceInput
from dynascene.imaging.colour import linear_from_srgb, srgb_from_linear
from dynascene.imaging.grain import add_grain
from dynascene.imaging.sharpness import soften
from dynascene.io.images import write_png
from dynascene.types import Size

SIZE, FRAMES = Size(96, 64), 2
SOLID = np.s_[26:50, 44:50]  # within the person in all frames


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, np.ndarray]:
    """A folder with scene and person, and the person's frames, uint16 [F, H, W, 4]."""
    folder = tmp_path_factory.mktemp("deep")
    y, x = np.mgrid[:160, :240]
    write_png(folder / "scene.png", np.stack([x, y, 90 + 0 * x], axis=2).astype(np.uint8))
    frames = np.zeros((FRAMES, *SIZE[::-1], 4), np.uint16)
    slope = 30000 + 40 * np.arange(SIZE.width)  # steps of 0.16 of 255
    frames[..., :3] = (slope[:, None] * [1.0, 0.8, 0.6]).astype(np.uint16)
    frames[:, 20:56, 40:54, 3] = 65535
    frames[:, 20:56, 39, 3] = 30001
    (folder / "person").mkdir()
    for number, frame in enumerate(frames):
        write_png(folder / "person" / f"{number}.png", frame)
    return folder, frames


def render(folder: Path, out: Path, **delivery) -> Path:
    make_clip(
        GenerationRequest(
            place=PlaceInput(scene=folder / "scene.png", horizon=0.4, place="ground"),
            person=PersonInput(person=folder / "person"),
            camera=CameraInput(move="static"),
            look=LookInput(light=(20.0, 40.0), harmonise="none"),
            delivery=DeliveryInput(**delivery),
            options=GenerationOptions(generator="projection"),
        ),
        out,
    )
    return out


@pytest.fixture(scope="module")
def result(inputs, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return render(inputs[0], tmp_path_factory.mktemp("deep-out") / "out", layers=("png",))


def test_the_layers_are_what_was_read(inputs, result: Path) -> None:
    for number, frame in enumerate(inputs[1]):
        path = result / "foreground" / f"{number:05d}.png"
        stored = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)[..., [2, 1, 0, 3]]
        np.testing.assert_array_equal(stored[..., 3], frame[..., 3])
        solid = frame[..., 3] > 0
        np.testing.assert_array_equal(stored[solid], frame[solid])


def luma_codes(path: Path) -> tuple[str, np.ndarray]:
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
        return container.streams.video[0].codec_context.name, frame.to_ndarray()[: SIZE.height]


def test_the_clip_has_ten_bits(inputs, result: Path) -> None:
    codec, luma = luma_codes(result / "composite.mp4")
    assert codec == "hevc"
    person = inputs[1][0][..., :3] / 65535
    expected = 64 + 876 * (person @ [0.2126, 0.7152, 0.0722])
    assert np.abs(luma[SOLID].astype(float) - expected[SOLID]).max() < 2.5  # of 1023
    for name in ("background", "matte"):
        assert luma_codes(result / f"{name}.mp4")[0] == "hevc"


def test_eight_bits_can_be_asked_for(inputs, tmp_path: Path) -> None:
    out = render(inputs[0], tmp_path / "out", bit_depth="8", layers=("png",))
    assert luma_codes(out / "composite.mp4")[0] == "h264"
    stored = cv2.imread(str(out / "foreground" / "00000.png"), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(stored[SOLID][..., [2, 1, 0]], inputs[1][0][SOLID][..., :3])


def floats(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 1, shape).astype(np.float32)


def test_floats_are_composed_in_linear_light() -> None:
    person, behind, matte = floats(33, 63, 3), floats(33, 63, 3)[::-1], floats(33, 63, 1)
    matte[:5], matte[5:9] = 0, 1
    result = composite(person, matte, behind)
    light = matte * linear_from_srgb(person) + (1 - matte) * linear_from_srgb(behind)
    np.testing.assert_allclose(result, srgb_from_linear(light), atol=1e-5)
    np.testing.assert_array_equal(result[:5], behind[:5])
    np.testing.assert_array_equal(result[5:9], person[5:9])


@pytest.mark.parametrize(
    "change",
    [
        lambda picture: shade(picture, np.full((33, 63, 1), 90, np.uint8)),
        Tone((1.2, 1.0, 0.8), 1.1, 0.2).apply,
        lambda picture: soften(picture, 1.3),
        lambda picture: add_grain(picture, 4.0, np.random.default_rng(1)),
    ],
    ids=["shade", "tone", "soften", "grain"],
)  # fmt: skip
def test_looks_of_floats_are_those_of_bytes_unrounded(change) -> None:
    stored = np.rint(floats(33, 63, 3) * 215 + 20).astype(np.uint8)
    exact, rounded = change(stored.astype(np.float32) / 255), change(stored)
    assert (exact.dtype, rounded.dtype) == (np.float32, np.uint8)
    assert np.abs(exact * 255 - rounded).max() < 1.6
    assert np.abs(exact * 255 - np.rint(exact * 255)).max() > 0.4  # it is not rounded


def test_a_deep_picture_of_a_place_keeps_its_levels(inputs, tmp_path: Path) -> None:
    """A slope of 400 of 65,536 levels, seen by a camera that stands still, has hundreds of them."""
    slope = (30000 + np.linspace(0, 400, 240)).astype(np.uint16)
    write_png(tmp_path / "scene.png", np.repeat(np.tile(slope, (160, 1))[..., None], 3, axis=2))
    (tmp_path / "person").symlink_to(inputs[0] / "person")
    out = render(tmp_path, tmp_path / "out", layers=("png",))
    stored = cv2.imread(str(out / "background" / "00000.png"), cv2.IMREAD_UNCHANGED)
    assert len(np.unique(stored)) > 60  # in 8 bits there are three
    assert abs(int(stored.max()) - int(stored.min())) < 402
