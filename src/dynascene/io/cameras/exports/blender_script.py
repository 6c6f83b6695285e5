"""Blender: a script that makes the camera in the open scene, one keyframe a frame."""

from __future__ import annotations

from pathlib import Path

import torch

from dynascene.geometry.rotations import quaternion_from_rotation
from dynascene.io.atomic import write_text
from dynascene.io.cameras.blender import OURS_FROM_BLENDER
from dynascene.io.cameras.checks import OPENGL_FROM_OPENCV, opengl_poses
from dynascene.io.cameras.defaults import CameraDefaults
from dynascene.io.cameras.exports.lens import FIRST_FRAME, exact_frame_rate, lens_of
from dynascene.io.cameras.square import square_focal
from dynascene.types import CameraTrack

SCRIPT = '''"""Makes a camera in the open scene: run it in Blender's text editor, or

    blender --python THIS_FILE
"""

import bpy

NAME = {name!r}
# location (3), rotation as quaternion w, x, y, z (4), lens in millimetres, shift (2)
FRAMES = [
{rows}
]

scene = bpy.context.scene
scene.render.resolution_x, scene.render.resolution_y = {width}, {height}
scene.render.resolution_percentage = 100
scene.render.pixel_aspect_x = scene.render.pixel_aspect_y = 1
scene.render.fps, scene.render.fps_base = {fps}, {fps_base!r}
scene.frame_start, scene.frame_end = {first}, {first} + len(FRAMES) - 1

lens = bpy.data.cameras.new(NAME)
camera = bpy.data.objects.new(NAME, lens)
scene.collection.objects.link(camera)
scene.camera = camera
lens.sensor_fit = "HORIZONTAL"
lens.sensor_width = {film_back!r}
lens.clip_start, lens.clip_end = 0.01, 100000
camera.rotation_mode = "QUATERNION"
for number, values in enumerate(FRAMES, start={first}):
    camera.location, camera.rotation_quaternion = values[:3], values[3:7]
    lens.lens, lens.shift_x, lens.shift_y = values[7:]
    for path in ("location", "rotation_quaternion"):
        camera.keyframe_insert(path, frame=number)
    for path in ("lens", "shift_x", "shift_y"):
        lens.keyframe_insert(path, frame=number)
'''


def write_blender_script(track: CameraTrack, path: Path, defaults: CameraDefaults) -> None:
    """Write a track; InputError where pixels are not square."""
    square_focal(track, path, "Blender")
    lens, rate = lens_of(track, defaults), exact_frame_rate(defaults)
    # opengl_poses has y up in the world, Blender z
    poses = OURS_FROM_BLENDER.mT @ OPENGL_FROM_OPENCV @ opengl_poses(track)
    xyzw = quaternion_from_rotation(poses[:, :3, :3])
    # q and −q turn alike; neighbours with the same sign keep the curves smooth
    signs = torch.where((xyzw[1:] * xyzw[:-1]).sum(-1) < 0, -1.0, 1.0).double()
    xyzw[1:] *= signs.cumprod(0)[:, None]
    shift = torch.stack([lens.right, lens.up], dim=1) / lens.film_back
    values = torch.cat([poses[:, :3, 3], xyzw[:, [3, 0, 1, 2]], lens.focal[:, None], shift], dim=1)
    fps = round(rate) or 1
    text = SCRIPT.format(
        name=path.stem,
        rows="\n".join(f"    {tuple(row)}," for row in values.tolist()),
        width=track.size.width,
        height=track.size.height,
        fps=fps,
        fps_base=float(fps / rate),
        first=FIRST_FRAME,
        film_back=lens.film_back,
    )
    write_text(path, text)
