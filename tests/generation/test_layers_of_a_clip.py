"""The layers of one clip in every way of writing them tell the same pictures."""

from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from dynascene.errors import InputError
from dynascene.generation.clip import GenerationOptions
from dynascene.generation.delivery_input import DeliveryInput
from dynascene.generation.job import make_clip
from dynascene.generation.look.look_input import LookInput
from dynascene.generation.request import CameraInput, GenerationRequest, PersonInput, PlaceInput
from dynascene.imaging.colour import linear_from_srgb
from dynascene.io.cameras import CameraDefaults, read_cameras
from dynascene.io.images import write_png
from dynascene.types import Size

OpenEXR = pytest.importorskip("OpenEXR", reason="OpenEXR is not installed")
SIZE, FRAMES = Size(96, 64), 3


@pytest.fixture(scope="module")
def request_of(tmp_path_factory: pytest.TempPathFactory):
    """A walking block in a smooth place: a request by what is to be delivered."""
    folder = tmp_path_factory.mktemp("layers")
    y, x = np.mgrid[:160, :240]
    waves = [120 + 80 * np.sin(x / 30), 120 + 80 * np.sin(y / 25), 120 + 70 * np.cos(x / 35)]
    write_png(folder / "scene.png", np.stack(waves, axis=2).astype(np.uint8))
    (folder / "person").mkdir()
    for frame in range(FRAMES):
        picture = np.zeros((*SIZE[::-1], 4), np.uint8)
        picture[..., :3] = (200, 90, 40)
        picture[20:56, 40 + frame : 52 + frame, 3] = 255
        picture[20:56, 39 + frame, 3] = 100
        write_png(folder / "person" / f"{frame}.png", picture)

    def request(**delivery) -> GenerationRequest:
        return GenerationRequest(
            place=PlaceInput(scene=folder / "scene.png", horizon=0.4, place="ground"),
            person=PersonInput(person=folder / "person"),
            camera=CameraInput(move="pan-right:5"),
            look=LookInput(light=(20.0, 40.0), harmonise="none"),
            delivery=DeliveryInput(**delivery),
            options=GenerationOptions(generator="projection", framing="centre"),
        )

    return request


@pytest.fixture(scope="module")
def result(request_of, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("layers-out") / "out"
    make_clip(request_of(layers=("png", "exr", "prores")), out)
    return out


def png(folder: Path, number: int) -> np.ndarray:
    """uint16 [H, W, C], RGB or RGBA."""
    pixels = cv2.imread(str(folder / f"{number:05d}.png"), cv2.IMREAD_UNCHANGED)
    assert pixels.dtype == np.uint16
    return pixels[..., None] if pixels.ndim == 2 else pixels[..., [2, 1, 0, 3][: pixels.shape[2]]]


def exr(folder: Path, number: int) -> tuple[dict, dict[str, np.ndarray]]:
    with OpenEXR.File(str(folder / f"{number + 1:05d}.exr")) as file:
        pixels = {name: channel.pixels.copy() for name, channel in file.channels().items()}
        return dict(file.header()), pixels


def prores(path: Path, kind: str) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [f.to_ndarray(format=kind) / 65535 for f in container.decode(video=0)]


def test_what_is_computed_has_all_levels(result: Path) -> None:
    """What was 8 bits and stays untouched are multiples of 257."""
    for name, is_computed in (("background", True), ("shadow", True), ("foreground", False)):
        pixels = np.stack([png(result / name, number) for number in range(FRAMES)])
        assert ((pixels % 257 != 0).mean() > 0.1) == is_computed, name


def test_exr_is_the_png_in_linear_light(result: Path) -> None:
    for number in range(FRAMES):
        _, layers = exr(result / "layers", number)
        assert set(layers) == {"person", "background", "shadow.A", "depth.Z"}
        assert {pixels.dtype for pixels in layers.values()} == {np.dtype(np.float16)}
        foreground, background, shadow = (
            png(result / name, number) / 65535 for name in ("foreground", "background", "shadow")
        )
        close = {"rtol": 2e-3, "atol": 1e-4}
        np.testing.assert_allclose(layers["background"], linear_from_srgb(background), **close)
        np.testing.assert_allclose(layers["shadow.A"], shadow[..., 0], **close)
        alpha = foreground[..., 3:]
        person = linear_from_srgb(foreground[..., :3]) * alpha  # associated
        np.testing.assert_allclose(layers["person"][..., :3], person, **close)
        np.testing.assert_allclose(layers["person"][..., 3:], alpha, **close)
        assert (layers["person"][..., :3].max(-1) <= layers["person"][..., 3]).all()


def test_straight_colours_are_not_multiplied(request_of, tmp_path: Path) -> None:
    make_clip(request_of(layers=("exr",), straight=True), tmp_path / "out")
    _, layers = exr(tmp_path / "out" / "layers", 0)
    faint = layers["person"][30, 39]
    expected = linear_from_srgb(np.array([200, 90, 40]) / 255)
    np.testing.assert_allclose(faint[:3], expected, rtol=2e-3)
    assert faint[3] == pytest.approx(100 / 255, rel=1e-3)


def test_depth_is_that_of_the_place(result: Path) -> None:
    """Ground comes nearer towards the lower border, and the backdrop is as far as it is."""
    header, layers = exr(result / "layers", 0)
    depth = layers["depth.Z"].astype(float)
    assert (np.diff(depth[-20:, 48]) <= 0).all()
    assert depth.min() > 0
    ndc, height = header["worldToNDC"].astype(float), depth[-1, 48]
    world = np.linalg.inv(ndc)
    share = np.array([48.5 / SIZE.width, (SIZE.height - 0.5) / SIZE.height])
    point = np.array([*(share * height), 1, height]) @ world
    lowest = np.array([*(share * height / 2), 1, height / 2]) @ world
    assert point[3] == pytest.approx(1, abs=1e-4)
    assert point[1] < 0 < point[1] / lowest[1]  # y is up: the ground lies below the camera


def test_the_camera_is_the_clips(result: Path) -> None:
    track = read_cameras(result / "cameras.txt", defaults=CameraDefaults(size=SIZE))
    flip = np.diag([1.0, -1, -1, 1])
    for number in range(FRAMES):
        header, _ = exr(result / "layers", number)
        stored = header["worldToCamera"].T
        expected = flip @ track.cam_from_world[number].numpy() @ flip
        np.testing.assert_allclose(stored, expected, atol=1e-5)
        assert header["framesPerSecond"] == 24
        focal = header["nominalFocalLength"] / header["sensorOverallDimensions"][0] * SIZE.width
        assert focal == pytest.approx(track.intrinsics[number, 0, 0].item(), rel=1e-5)


def test_prores_shows_the_same(result: Path) -> None:
    films = {name: prores(result / f"{name}.mov", "rgba64le") for name in ("foreground", "shadow")}
    films["background"] = prores(result / "background.mov", "rgb48le")
    for number in range(FRAMES):
        for name, film in films.items():
            expected = png(result / name, number) / 65535
            if name == "shadow":
                film[number], expected = film[number][..., 3:], expected
            assert np.abs(film[number] - expected).mean() < 1 / 255, name


def test_layers_do_not_change_the_clip(request_of, result: Path, tmp_path: Path) -> None:
    make_clip(request_of(), tmp_path / "out")
    for name in ("composite", "background", "matte"):
        assert (tmp_path / "out" / f"{name}.mp4").read_bytes() == (
            result / f"{name}.mp4"
        ).read_bytes()
    assert not (tmp_path / "out" / "background").exists()


def test_straight_is_for_exr() -> None:
    with pytest.raises(InputError, match="`straight`: is for `layers` exr"):
        DeliveryInput(layers=("png",), straight=True)


def test_a_missing_package_is_one_line(
    request_of, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dynascene.extras.is_installed", lambda package: package != "OpenEXR")
    with pytest.raises(InputError, match=r"`layers` exr needs OpenEXR.*dynascene\[exr\]"):
        make_clip(request_of(layers=("exr",)), tmp_path / "out")
    assert not (tmp_path / "out").exists()
