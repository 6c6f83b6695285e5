"""The cameras of a finished clip as files for artists' tools."""

from collections.abc import Sequence
from pathlib import Path

from dynascene.errors import InputError
from dynascene.generation.camera_input import FilmedCamera
from dynascene.generation.clip import GeneratedClip
from dynascene.generation.inputs import Inputs
from dynascene.geometry.place_mesh import meshes_of
from dynascene.geometry.tracks import resize_track
from dynascene.io.cameras import EXPORTS, CameraDefaults, Sensor, write_cameras
from dynascene.io.cameras.exports.glb import write_glb
from dynascene.io.cameras.square import SQUARE_TOLERANCE
from dynascene.jobs.log import Log
from dynascene.types import CameraTrack

NUKE = "ZXY", Sensor(24.576, 18.672)  # its own rotation order and film back, which chan needs
ANY_PIXELS = "usda", "glb"  # they store pixels that are not square


def camera_file_names(names: Sequence[str]) -> set[str]:
    """The files of these exports among the results."""
    return {_file_name(name) for name in names}


def check_camera_files(names: Sequence[str], filmed: FilmedCamera) -> None:
    """InputError where these exports cannot hold a camera that was read from a file."""
    K = filmed.track.intrinsics
    ratio = K[:, 0, 0] / K[:, 1, 1]
    if (ratio - 1).abs().max() <= SQUARE_TOLERANCE:
        return
    for name in names:
        if name not in ANY_PIXELS:
            raise InputError(
                f"`camera_files` {name}: stores square pixels only, and in {filmed.name} fx / fy "
                f"is {ratio[0].item():.3g}; usda and glb store it"
            )


def write_camera_files(
    folder: Path, names: Sequence[str], inputs: Inputs, clip: GeneratedClip, log: Log
) -> None:
    """Write the cameras for the frames of the composite, in the scene's world.

    What a file does not store is noted.

    Args:
        folder: of the results.
        names: of exports, or "chan".

    Raises:
        InputError: a file cannot be written.
    """
    shot = inputs.shot
    size = clip.track.size if shot.foreground is None else shot.foreground.size
    track, rate = resize_track(clip.track, size), float(shot.frame_rate)
    for name in names:
        path = folder / _file_name(name)
        if losses := _losses(name, track):
            log.notice(f"{path.name}: {name} does not store {losses}")
        if name == "glb":
            write_glb(track, path, CameraDefaults(frame_rate=rate), meshes_of(inputs.scene))
        elif name == "chan":
            order, sensor = NUKE
            defaults = CameraDefaults(rotation_order=order, sensor=sensor)
            write_cameras(track, path, name, defaults)
        else:
            write_cameras(track, path, name, CameraDefaults(frame_rate=rate))


def _losses(name: str, track: CameraTrack) -> str:
    """What of the track is not stored; of chan, whose film back is Nuke's, as of Nuke's script."""
    return EXPORTS["nuke" if name == "chan" else name].losses(track)


def _file_name(name: str) -> str:
    return "camera.chan" if name == "chan" else f"camera{EXPORTS[name].ending}"
