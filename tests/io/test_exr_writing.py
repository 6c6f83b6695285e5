"""OpenEXR layers as others read them: the OpenEXR library and FFmpeg."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from dynascene.io.exr_writing import ExrSequenceWriter, as_half, camera_attributes
from dynascene.types import Size

OpenEXR = pytest.importorskip("OpenEXR", reason="OpenEXR is not installed")


def write(folder: Path, *frames: dict[str, np.ndarray], **attributes) -> list[Path]:
    with ExrSequenceWriter(folder) as writer:
        for layers in frames:
            writer.write(layers, attributes)
    return sorted(folder.iterdir())


def test_layers_come_back(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    layers = {
        "person": rng.uniform(0, 1, (5, 7, 4)),
        "background": rng.uniform(0, 3, (5, 7, 3)).astype(np.float32),
        "depth.Z": rng.uniform(0.1, 1000, (5, 7)),
        "shadow.A": rng.uniform(0, 1, (5, 7)),
    }
    paths = write(tmp_path / "layers", layers, layers, framesPerSecond=Fraction(30000, 1001))
    assert [path.name for path in paths] == ["00001.exr", "00002.exr"]
    with OpenEXR.File(str(paths[1]), separate_channels=True) as file:
        header = dict(file.header())
        channels = {name: channel.pixels.copy() for name, channel in file.channels().items()}
    assert header["compression"] == OpenEXR.ZIP_COMPRESSION
    assert header["framesPerSecond"] == Fraction(30000, 1001)
    names = {*(f"person.{c}" for c in "RGBA"), *(f"background.{c}" for c in "RGB")}
    assert set(channels) == {*names, "depth.Z", "shadow.A"}
    for name, layer in layers.items():
        planes = {name: layer} if "." in name else {
            f"{name}.{letter}": layer[..., k] for k, letter in enumerate("RGBA"[: layer.shape[2]])
        }  # fmt: skip
        for channel, plane in planes.items():
            pixels = channels[channel]
            assert pixels.dtype == np.float16
            np.testing.assert_array_equal(pixels, plane.astype(np.float16))


def test_ffmpeg_reads_a_layer(tmp_path: Path) -> None:
    background = np.random.default_rng(1).uniform(0, 1, (6, 8, 3))
    (path,) = write(tmp_path / "layers", {"background": background, "depth.Z": background[..., 0]})
    with av.open(str(path)) as container:
        container.streams.video[0].codec_context.options = {"layer": "background"}
        frame = next(container.decode(video=0))
    assert frame.format.name == "gbrpf16le"
    green, blue, red = (
        np.frombuffer(plane, np.float16).reshape(6, -1)[:, :8] for plane in frame.planes
    )
    read = np.stack([red, green, blue], axis=2)
    np.testing.assert_array_equal(read, background.astype(np.float16))


def test_what_is_too_large_for_half_is_its_largest() -> None:
    assert as_half(np.array([1e9, -1e9, 2.0])).tolist() == [65504, -65504, 2]


def test_the_camera_projects_as_the_standard_says() -> None:
    """p · worldToNDC is (0, 0) at the frame's upper left corner and (1, 1) at the lower right."""
    rng, size = np.random.default_rng(2), Size(321, 183)
    pose = np.eye(4)
    pose[:3, :3] = Rotation.random(rng=rng).as_matrix()
    pose[:3, 3] = rng.normal(size=3)
    intrinsics = np.array([[250.0, 0, 150], [0, 310, 97], [0, 0, 1]])
    pixels = rng.uniform(0, size, (9, 2))
    rays = np.column_stack([pixels, np.ones(9)]) @ np.linalg.inv(intrinsics).T
    in_camera = rays * rng.uniform(1, 9, (9, 1)) * [1, -1, -1]  # y up, −z ahead
    world = np.column_stack([in_camera @ pose[:3, :3].T + pose[:3, 3], np.ones(9)])
    attributes = camera_attributes(pose, intrinsics, size, 36.0)
    clip = world @ attributes["worldToNDC"]
    np.testing.assert_allclose(clip[:, :2] / clip[:, 3:] * size, pixels, atol=1e-3)
    camera = world @ attributes["worldToCamera"]
    np.testing.assert_allclose(camera[:, :3], in_camera, atol=1e-5)
    width, height = attributes["sensorOverallDimensions"]
    focal = attributes["nominalFocalLength"]
    assert focal / width * size.width == pytest.approx(250)
    assert focal / height * size.height == pytest.approx(310)


def test_nothing_is_left_where_writing_fails(tmp_path: Path) -> None:
    layer = {"depth.Z": np.zeros((2, 2))}
    with pytest.raises(AttributeError):
        write(tmp_path / "a", layer, {"depth.Z": None})  # ty: ignore[invalid-argument-type]
    assert not list(tmp_path.iterdir())
