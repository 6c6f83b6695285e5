"""Small whole files of every kind that the commands read, to be damaged: made here, from seeds."""

import json
import pickle
import shutil
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import torch
from PIL import Image
from textures import textured
from walking_pose import walking_pose

from dynascene.datasets.filmed.manifest import read_manifest
from dynascene.datasets.filmed.shard_writing import write_shards
from dynascene.datasets.filmed.storage import Storage
from dynascene.datasets.filmed.survey import write_manifest
from dynascene.geometry.intrinsics import intrinsics_from_fov
from dynascene.geometry.moves import make_move
from dynascene.imaging.skeleton_map import draw_skeleton
from dynascene.io.cameras import FORMATS, CameraDefaults, Sensor, write_cameras
from dynascene.io.images import write_png
from dynascene.io.points import BackgroundPoints, write_points
from dynascene.io.poses.openpose import write_openpose
from dynascene.io.video_writing import H264Writer
from dynascene.types import CameraTrack, Size

SIZE, FRAMES = Size(64, 48), 6
CAMERA_SUFFIX = {
    "nerfstudio": ".json", "motionctrl": ".json", "blender": ".json", "camera_info": ".json",
    "chan": ".chan", "colmap": "", "colmap-bin": "",
}  # fmt: skip
PICTURES = ("png", "jpg", "webp", "tif", "bmp", "gif", "exr", "hdr")
VIDEOS = ("mp4", "mkv", "mov", "avi", "webm")
KEYFRAMES = {
    "easing": "ease-in-out", "fov": 50,
    "keyframes": [{"frame": 0}, {"frame": 2, "pan": 15, "tilt": -3}, {"time": 1.0, "fov": 45}],
}  # fmt: skip
SHOTS = (
    {"scene": "place.png", "person": "person", "move": "pan-right:3", "size": "64x36"},
    {"scene": "place.png", "move": "static", "frames": "0:2", "layers": ["png"], "seed": 3},
)


def write_samples(folder: Path) -> None:
    """All of them, each under the name by which the table of commands has it."""
    _write_pictures(folder)
    _write_clips(folder)
    _write_cameras(folder)
    _write_documents(folder)
    _write_data_set(folder / "people", has_person=True)
    _write_data_set(folder / "places", has_person=False)
    write_shards(read_manifest(Storage.at(folder / "places")), folder / "shards")
    shutil.copytree(folder / "people", folder / "voted")


def _write_pictures(folder: Path) -> None:
    picture = textured((36, 64), 1, (90, 120, 150))
    write_png(folder / "place.png", picture)
    write_png(folder / "deep.png", picture.astype(np.uint16) * 257)
    for suffix in ("jpg", "webp", "tif", "bmp", "gif"):
        Image.fromarray(picture).save(folder / f"place.{suffix}")
    cv2.imwrite(str(folder / "place.hdr"), picture.astype(np.float32) / 255)
    context = av.CodecContext.create("exr", "w")
    context.width, context.height, context.pix_fmt = 64, 36, "gbrpf32le"
    context.time_base = Fraction(1, 24)
    packets = context.encode(av.VideoFrame.from_ndarray(picture).reformat(format="gbrpf32le"))
    (folder / "place.exr").write_bytes(b"".join(map(bytes, packets)))
    depth = np.linspace(1, 5, 36 * 64, dtype=np.float32).reshape(36, 64)
    np.save(folder / "depth.npy", depth)
    write_png(folder / "depth.png", (depth * 8000).astype(np.uint16))
    cv2.imwrite(str(folder / "depth.tif"), depth)


def _clip_frames() -> np.ndarray:
    """uint8 [F, H, W, 4]: a texture that slides, and a bright box that walks before it."""
    wall = textured((SIZE.height, 90), 2, (110, 110, 110))
    frames = np.zeros((FRAMES, SIZE.height, SIZE.width, 4), np.uint8)
    for k, frame in enumerate(frames):
        frame[..., :3] = wall[:, 2 * k : 2 * k + SIZE.width]
        frame[12:44, 20 + 4 * k : 36 + 4 * k] = (230, 200, 160, 255)
    return frames


def _write_clips(folder: Path) -> None:
    frames = _clip_frames()
    for name in ("person", "mattes"):
        (folder / name).mkdir()
    for k, frame in enumerate(frames):
        write_png(folder / "person" / f"{k}.png", frame)
        write_png(folder / "mattes" / f"{k}.png", frame[..., 3])
    codecs = {"mp4": "libx264", "mkv": "ffv1", "mov": "prores_ks", "avi": "mpeg4", "webm": "vp9"}
    for suffix, codec in codecs.items():
        _encode(folder / f"clip.{suffix}", frames[..., :3], codec)
    _encode(folder / "matte.mp4", np.repeat(frames[..., 3:], 3, axis=3), "libx264")
    _encode(folder / "sound.mp4", frames[..., :3], "libx264", has_sound=True)
    write_png(folder / "cut.png", frames[0])
    pose = walking_pose(FRAMES)
    with H264Writer(folder / "skeleton.mp4", pose.size, Fraction(24)) as writer:
        for k in range(FRAMES):
            writer.write(draw_skeleton(pose, k))


def _encode(path: Path, frames: np.ndarray, codec: str, has_sound: bool = False) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=24)
        context = stream.codec_context
        context.width, context.height = SIZE
        context.pix_fmt = "yuv422p10le" if codec == "prores_ks" else "yuv420p"
        sound = container.add_stream("aac", rate=48000) if has_sound else None
        for pixels in frames:
            pixels = np.ascontiguousarray(pixels)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode(None))
        if sound is not None:
            tone = np.sin(np.arange(8000, dtype=np.float32)[None] / 20)
            heard = av.AudioFrame.from_ndarray(tone, format="fltp", layout="mono")
            heard.sample_rate = 48000
            container.mux(sound.encode(heard))
            container.mux(sound.encode(None))


def _track(size: Size = SIZE) -> CameraTrack:
    return make_move("pan-right:6+truck-right:0.2", FRAMES, intrinsics_from_fov(55, size), size)


def _write_cameras(folder: Path) -> None:
    defaults = CameraDefaults(rotation_order="ZXY", sensor=Sensor(24.6, 18.7))
    for name in FORMATS:
        path = folder / f"cameras-{name}{CAMERA_SUFFIX.get(name, '.txt')}"
        write_cameras(_track(), path, name, defaults)


def _write_documents(folder: Path) -> None:
    (folder / "keyframes.json").write_text(json.dumps(KEYFRAMES))
    (folder / "shots.jsonl").write_text("".join(json.dumps(shot) + "\n" for shot in SHOTS))
    pose = walking_pose(FRAMES)
    write_openpose(pose, folder / "openpose.json")
    where = np.random.default_rng(3).uniform(5, 40, (FRAMES, 5, 2))
    points = BackgroundPoints(SIZE, np.concatenate([where, np.ones((FRAMES, 5, 1))], axis=2))
    write_points(points, folder / "points.json")
    joints = np.concatenate([pose.points[:, :17], np.ones((FRAMES, 17, 1))], axis=2)
    people = [
        {"image_id": f"{k}.jpg", "category_id": 1, "keypoints": flat.ravel().tolist(), "score": 2.9}
        for k, flat in enumerate(joints)
    ]
    (folder / "alphapose.json").write_text(json.dumps(people))
    images = [
        {"id": k, "file_name": f"{k}.jpg", "width": 160, "height": 120} for k in range(FRAMES)
    ]
    annotations = [
        {"id": k, "image_id": k, "category_id": 1, "keypoints": flat.ravel().tolist()}
        for k, flat in enumerate(joints)
    ]
    (folder / "coco.json").write_text(json.dumps({"images": images, "annotations": annotations}))
    (folder / "videos.csv").write_text(
        "url,licence,sha256\nclip.mp4,CC-BY-4.0,\nabsent.mp4,CC0-1.0,\n"
    )
    torch.save({"state_dict": {"a": torch.zeros(3)}}, folder / "plain.pt")
    (folder / "code.pt").write_bytes(pickle.dumps(print))
    np.save(folder / "objects.npy", np.array([{}, print], object), allow_pickle=True)


def _write_data_set(folder: Path, *, has_person: bool) -> None:
    for name in ("a", "b"):
        (folder / name).mkdir(parents=True)
        frames = np.concatenate([_clip_frames()] * 2)
        streams = {"video.mp4": frames[..., :3], "matte.mp4": frames[..., 3:]}
        for file, pictures in streams.items():
            if file == "video.mp4" or has_person:
                with H264Writer(folder / name / file, SIZE, Fraction(24)) as writer:
                    for picture in pictures:
                        writer.write(np.ascontiguousarray(picture))
        view = intrinsics_from_fov(55, SIZE)
        write_cameras(make_move("pan-right:6", 12, view, SIZE), folder / name / "cameras.txt")
        (folder / name / "meta.json").write_text(json.dumps({"caption": "x", "fps": 24}))
    write_manifest(folder, shares={"train": 1})
