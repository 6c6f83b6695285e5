"""report.json: enough to say what was made, of what, with what, and to make it again."""

import platform
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dynascene.generation.clip import GeneratedClip
from dynascene.generation.inputs import Inputs
from dynascene.generation.look.clip_look import ClipLook
from dynascene.generation.request import GenerationRequest
from dynascene.geometry.intrinsics import fov_from_focal
from dynascene.io.checksums import sha256_of
from dynascene.io.paths import is_file_there
from dynascene.jobs.log import Log

LIBRARIES = ("dynascene", "torch", "numpy", "scipy", "av", "opencv-python-headless", "diffusers",
             "pycolmap")  # fmt: skip


def report(
    request: GenerationRequest,
    inputs: Inputs,
    clip: GeneratedClip,
    look: ClipLook,
    log: Log,
    copies: Sequence[Path] = (),
) -> dict[str, Any]:
    """The report as plain JSON values. kept: inputs that lie beside it, and are named so."""
    camera = inputs.scene.camera
    return {
        "generator": request.options.generator,
        "seed": request.options.seed,
        "frames": len(inputs.shot),
        "frame_rate": float(inputs.shot.frame_rate),
        "background_size": str(clip.track.size),
        "seen_share": round(clip.seen_share, 4),
        "least_seen": {
            "frame": clip.least_seen,
            "share": round(min(clip.seen_shares), 4),
        },
        "framing": asdict(clip.framing),
        "scene": {
            "fov_degrees": round(fov_from_focal(camera.focal, camera.size), 3),
            "horizon": round(camera.horizon / camera.size.height, 4),
            "camera_height_track_units": round(inputs.scene.surface.height, 4),
        }
        | inputs.place,
        "inputs": _inputs(request, copies),
        "found": inputs.estimates,
        "look": look.report,
        "options": _options(request, copies),
        "weights": clip.weights,
        "estimators": log.networks,
        "sampling": clip.sampling,
        "notices": log.notices,
        "doubts": log.doubts,
        "stages": log.stages,
        "versions": {name: version(name) for name in LIBRARIES}
        | {"python": platform.python_version()},
    }


def _inputs(request: GenerationRequest, copies: Sequence[Path]) -> dict[str, dict[str, str]]:
    """Name and sha256 of every file or folder that went in."""
    person, place, camera = request.person, request.place, request.camera
    named = {
        "person": person.person if person else None,
        "matte": person.matte if person else None,
        "scene": place.scene,
        "scene_depth": place.scene_depth,
        "cameras": camera.file,
        **camera.scale_sources,
        "move": _existing(Path(camera.move) if camera.move else None),
    }
    return {
        name: {"path": path.name if path in copies else str(path), "sha256": sha256_of(path)}
        for name, path in named.items()
        if path is not None
    }


def _existing(path: Path | None) -> Path | None:
    return path if path is not None and is_file_there(path) else None


def _options(request: GenerationRequest, copies: Sequence[Path]) -> dict[str, Any]:
    person = asdict(request.person) if request.person else {}
    options = {**person, **asdict(request.place), **asdict(request.camera)}
    options |= {"frames": request.frames, **asdict(request.delivery)}
    options |= {"look": asdict(request.look)}
    options |= {"options": asdict(request.options)}
    for name in ("person", "matte", "scene", "scene_depth"):
        options.pop(name, None)
    file = request.camera.file
    if file is not None and file in copies:
        options["cameras"] = file.name
    return options
