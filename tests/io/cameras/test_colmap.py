"""COLMAP folders against pycolmap, both ways, in text and binary."""

from pathlib import Path

import numpy as np
import pytest
import torch

from dynascene.errors import InputError
from dynascene.io.cameras import read_cameras, write_cameras
from dynascene.types import CameraTrack

LINE = "1 1 0 0 0 0 0 {z} {camera} {name}\n\n"


def model(folder: Path, cameras: str, images: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cameras.txt").write_text(cameras)
    (folder / "images.txt").write_text(images)
    return folder


@pytest.mark.parametrize("frames", [1, 3])
@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("name", ["colmap", "colmap-bin"])
def test_pycolmap_reads_what_we_write(
    name: str, shared: bool, frames: int, tmp_path: Path, make_track
) -> None:
    pycolmap = pytest.importorskip("pycolmap", minversion="3.12")
    track = make_track(frames)
    if shared:
        first = track.intrinsics[:1].expand(frames, 3, 3)
        track = CameraTrack(track.cam_from_world, first, track.size)
    write_cameras(track, tmp_path / "model", name)
    reconstruction = pycolmap.Reconstruction(tmp_path / "model")
    images = sorted(reconstruction.images.values(), key=lambda image: image.name)
    assert len(images) == frames
    assert len(reconstruction.cameras) == (1 if shared else frames)
    for image, pose, k in zip(images, track.cam_from_world, track.intrinsics, strict=True):
        np.testing.assert_allclose(image.cam_from_world().matrix(), pose[:3], atol=1e-9)
        np.testing.assert_allclose(image.camera.calibration_matrix(), k, rtol=1e-12)
        assert (image.camera.width, image.camera.height) == track.size


@pytest.mark.parametrize("camera_model", ["PINHOLE", "SIMPLE_PINHOLE", "SIMPLE_RADIAL", "OPENCV"])
@pytest.mark.parametrize("text", [True, False])
def test_we_read_what_pycolmap_writes(
    text: bool, camera_model: str, tmp_path: Path, make_track
) -> None:
    """With rigs, frames, 2-D points, and images numbered against the order of their names."""
    pycolmap = pytest.importorskip("pycolmap", minversion="3.12")
    track = make_track(3, square=True)
    reconstruction = pycolmap.Reconstruction()
    for index, (pose, k) in enumerate(zip(track.cam_from_world, track.intrinsics, strict=True)):
        fx, cx, cy = k[0, 0].item(), k[0, 2].item(), k[1, 2].item()
        parameters = {
            "PINHOLE": [fx, fx, cx, cy],
            "SIMPLE_PINHOLE": [fx, cx, cy],
            "SIMPLE_RADIAL": [fx, cx, cy, 0],
            "OPENCV": [fx, fx, cx, cy, 0, 0, 0, 0],
        }[camera_model]
        number = 9 - index
        camera = pycolmap.Camera(
            model=camera_model,
            width=track.size.width,
            height=track.size.height,
            params=parameters,
            camera_id=number,
        )
        reconstruction.add_camera_with_trivial_rig(camera)
        image = pycolmap.Image(
            name=f"frame {index}.png",
            keypoints=np.random.default_rng(index).uniform(0, 9, (index, 2)),
            camera_id=number,
            image_id=number,
        )
        world_to_camera = pycolmap.Rigid3d(pose[:3].numpy())
        reconstruction.add_image_with_trivial_frame(image, world_to_camera)
    write = reconstruction.write_text if text else reconstruction.write_binary
    (tmp_path / "sparse/0").mkdir(parents=True)
    write(tmp_path / "sparse/0")
    assert (tmp_path / "sparse/0" / f"rigs.{'txt' if text else 'bin'}").exists()
    back = read_cameras(tmp_path)
    torch.testing.assert_close(back.cam_from_world, track.cam_from_world, rtol=0, atol=1e-9)
    torch.testing.assert_close(back.intrinsics, track.intrinsics, rtol=1e-12, atol=0)
    assert back.size == track.size


def test_images_are_put_in_the_order_of_their_names(tmp_path: Path) -> None:
    images = "".join(LINE.format(z=z, camera=1, name=f"frame{z}.png") for z in (11, 9, 10))
    folder = model(tmp_path / "m", "1 PINHOLE 64 48 50 50 32 24\n", "# images\n" + images)
    assert read_cameras(folder).cam_from_world[:, 2, 3].tolist() == [9, 10, 11]


@pytest.mark.parametrize(
    ("camera", "image", "message"),
    [
        ("1 OPENCV 64 48 50 50 32 24 0.1 0 0 0", "1 a.png", "undistort"),
        ("1 SIMPLE_RADIAL 64 48 50 32 24 1e-9", "1 a.png", "undistort"),
        ("1 OPENCV_FISHEYE 64 48 50 50 32 24 0 0 0 0", "1 a.png", "undistort"),
        ("1 PINHOLE 64 48 50 50 32", "1 a.png", "4 parameters, not 3"),
        ("1 PINHOLE 64 48 -50 50 32 24", "1 a.png", "not positive"),
        ("1 PINHOLE 64 48 50 50 nan 24", "1 a.png", "not a finite number"),
        ("1 PINHOLE 6.4 48 50 50 32 24", "1 a.png", "not a whole number"),
        ("1 PINHOLE 64 48 50 50 32 24", "2 a.png", "camera 2 is in no cameras file"),
        ("1 PINHOLE 64 48 50 50 32 24", "1", "expected 10"),
    ],
)
def test_refusals(camera: str, image: str, message: str, tmp_path: Path) -> None:
    folder = model(tmp_path / "m", camera + "\n", f"1 1 0 0 0 0 0 0 {image}\n\n")
    with pytest.raises(InputError, match=message) as caught:
        read_cameras(folder)
    assert ".txt:1" in str(caught.value)


def test_frame_sizes_must_agree(tmp_path: Path) -> None:
    cameras = "1 PINHOLE 64 48 50 50 32 24\n2 PINHOLE 48 64 50 50 32 24\n"
    images = LINE.format(z=0, camera=1, name="a") + LINE.format(z=0, camera=2, name="b")
    with pytest.raises(InputError, match="48x64 beside 64x48"):
        read_cameras(model(tmp_path / "m", cameras, images))


@pytest.mark.parametrize("keep", [4, 40, 120])
def test_cut_off_binary_files(keep: int, tmp_path: Path, make_track) -> None:
    write_cameras(make_track(3), tmp_path / "m", "colmap-bin")
    for name in ("images.bin", "cameras.bin"):
        path = tmp_path / "m" / name
        path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(InputError, match="is cut off"):
        read_cameras(tmp_path / "m")


def test_empty_model(tmp_path: Path) -> None:
    folder = model(tmp_path / "m", "1 PINHOLE 64 48 50 50 32 24\n", "# nothing\n")
    with pytest.raises(InputError, match="no camera poses"):
        read_cameras(folder)
