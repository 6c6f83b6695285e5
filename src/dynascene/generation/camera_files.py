"""The cameras of a finished clip as files for artists' tools."""

from collections.abc import Sequence
from pathlib import Path

from dynascene.generation.clip import GeneratedClip
from dynascene.generation.inputs import Inputs
from dynascene.geometry.place_mesh import meshes_of
from dynascene.geometry.tracks import resize_track
from dynascene.io.cameras import EXPORTS, CameraDefaults, Sensor, write_cameras
from dynascene.io.cameras.exports.glb import write_glb

NUKE = "ZXY", Sensor(24.576, 18.672)  # its own rotation order and film back, which chan needs


def camera_file_names(names: Sequence[str]) -> set[str]:
    """The files of these exports among the results."""
    return {_file_name(name) for name in names}


def write_camera_files(
    folder: Path, names: Sequence[str], inputs: Inputs, clip: GeneratedClip
) -> None:
    """Write the cameras for the frames of the composite, in the scene's world.

    Args:
        folder: of the results.
        names: of exports, or "chan".

    Raises:
        InputError: an export cannot hold the track, or cannot be written.
    """
    shot = inputs.shot
    size = clip.track.size if shot.foreground is None else shot.foreground.size
    track, rate = resize_track(clip.track, size), float(shot.frame_rate)
    for name in names:
        path = folder / _file_name(name)
        if name == "glb":
            write_glb(track, path, CameraDefaults(frame_rate=rate), meshes_of(inputs.scene))
        elif name == "chan":
            order, sensor = NUKE
            defaults = CameraDefaults(rotation_order=order, sensor=sensor)
            write_cameras(track, path, name, defaults)
        else:
            write_cameras(track, path, name, CameraDefaults(frame_rate=rate))


def _file_name(name: str) -> str:
    return "camera.chan" if name == "chan" else f"camera{EXPORTS[name].ending}"
