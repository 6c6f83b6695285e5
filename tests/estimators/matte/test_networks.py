"""Backends that run networks: what goes in, where the answer lands, what is refused."""

from pathlib import Path

import numpy as np
import pytest

from dynascene.errors import InputError
from dynascene.estimators.matte.backends import default_backend, make_matter
from dynascene.estimators.matte.modnet import ModnetMatter
from dynascene.estimators.matte.selfie import SelfieMatter, SelfieNetwork
from dynascene.estimators.person.backends import make_detector
from dynascene.io.frames import open_frames

ROOT = Path(__file__).resolve().parents[3]
SHARED = next(
    (p for p in (ROOT / "shared/data", ROOT.parent / "shared/data") if p.is_dir()), Path("absent")
)
SELFIE = SHARED / "weights/selfie"


def field(number: int, payload: bytes | int) -> bytes:
    """One field of a protocol buffer: an integer, or bytes with their length before them."""
    if isinstance(payload, int):
        return varint(number << 3) + varint(payload)
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def varint(value: int) -> bytes:
    parts = bytearray()
    while value > 127:
        parts.append(value & 127 | 128)
        value >>= 7
    return bytes([*parts, value])


def tensor_type(name: bytes, shape: tuple[int, ...]) -> bytes:
    dimensions = b"".join(field(1, field(1, size)) for size in shape)
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, dimensions)))


def weights(name: bytes, values: np.ndarray) -> bytes:
    sizes = b"".join(field(1, size) for size in values.shape)
    return sizes + field(2, 1) + field(8, name) + field(9, values.astype("<f4").tobytes())


def redness_network(path: Path) -> Path:
    """An ONNX file with the interface of MODNet: sigmoid(4 (red − green)) of each pixel."""
    kernel = np.array([4.0, -4.0, 0.0]).reshape(1, 3, 1, 1)
    convolution = field(1, b"in") + field(1, b"w") + field(2, b"mid") + field(4, b"Conv")
    sigmoid = field(1, b"mid") + field(2, b"out") + field(4, b"Sigmoid")
    graph = (
        field(1, convolution) + field(1, sigmoid) + field(2, b"g") + field(5, weights(b"w", kernel))
        + field(11, tensor_type(b"in", (1, 3, 512, 512)))
        + field(12, tensor_type(b"out", (1, 1, 512, 512)))
    )  # fmt: skip
    path.write_bytes(field(1, 8) + field(7, graph) + field(8, field(1, b"") + field(2, 13)))
    return path


def test_modnet_sees_the_square_in_minus_one_to_one(tmp_path: Path) -> None:
    matter = ModnetMatter(redness_network(tmp_path / "tiny.onnx"))
    frames = np.zeros((3, 90, 140, 3), np.uint8)
    boxes = np.array([[40, 20, 60, 70], [50, 20, 70, 70], [130, 50, 170, 110]], float)
    for frame, box in zip(frames, boxes.astype(int), strict=True):
        frame[...] = 30, 200, 90
        frame[box[1] : box[3], box[0] : box[2]] = 220, 20, 30
    found = list(matter(frames, boxes))
    red = 1 / (1 + np.exp(-4 * (220 - 20) / 127.5))
    for probability, box in zip(found, boxes.astype(int), strict=True):
        assert probability.shape == (90, 140)
        inside = probability[box[1] + 3 : box[3] - 3, box[0] + 3 : min(box[2], 140) - 3]
        np.testing.assert_allclose(inside, red, atol=0.01)
    assert found[0][:, 100:].max() == 0  # off the square
    assert found[0][10, 50] < 0.02  # on it, and green


def test_files_that_are_no_networks(tmp_path: Path) -> None:
    (tmp_path / "x.onnx").write_bytes(b"nothing")
    with pytest.raises(InputError, match="no ONNX network"):
        ModnetMatter(tmp_path / "x.onnx")
    (tmp_path / "x.tflite").write_bytes(b"nothing")
    with pytest.raises(InputError, match="no TFLite network"):
        SelfieNetwork("selfie", tmp_path / "x.tflite")


def test_an_empty_cache_means_motion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DYNASCENE_CACHE", str(tmp_path))
    assert default_backend() == "motion"
    assert make_matter().name == "motion"
    assert make_detector(fetch=False) is None
    with pytest.raises(InputError, match="known are modnet, pose, selfie, motion"):
        make_matter("magic")
    for name, files in {
        "fastestdet": ["FastestDet.onnx"],
        "selfie": ["selfie_segmentation.tflite"],
        "selfie_landscape": ["selfie_segmentation_landscape.tflite"],
    }.items():
        assert default_backend() == "motion"
        (tmp_path / "weights" / name).mkdir(parents=True)
        for file in files:
            (tmp_path / "weights" / name / file).touch()
    assert default_backend() == "selfie"


@pytest.mark.skipif(not SELFIE.is_dir(), reason="the selfie networks are absent")
def test_selfie_cuts_out_a_walker() -> None:
    clip = open_frames(SHARED / "people/pexels-walking-dynamic-5738706.mp4")
    frames = next(iter(clip.read()))[None]
    box = np.array([[434.0, 265, 490, 472]])
    (probability,) = SelfieMatter(SELFIE)(frames, box)
    solid = probability > 0.5
    assert 0.3 < solid[265:472, 434:490].mean() < 0.75
    assert solid[255:482, 424:500].sum() > 0.97 * solid.sum()
