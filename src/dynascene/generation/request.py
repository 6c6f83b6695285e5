"""What a user asks for, checked before anything is opened."""

import math
from dataclasses import dataclass, field
from pathlib import Path

from dynascene.errors import InputError
from dynascene.estimators.scale.person_scale import ADULT, SHORTEST, TALLEST
from dynascene.generation.clip import GenerationOptions
from dynascene.io.cameras import Sensor

SCALE = "scale.json"  # beside a camera file


@dataclass(frozen=True)
class GenerationRequest:
    """A person, a place and a camera; paths as the user gave them.

    person: a video, a folder of frames, or a still with alpha; None = the camera moves alone.
    scene: the picture of the place.
    matte: video or folder, white = person; None = the person's own alpha, or found in the clip.
    subject: who is to be found: their number or a pixel on them; matte_backend: how.
    cameras: a camera file or folder, or "none" (null camera); camera_format names its format.
    move: a named move (``pan-right:20``) or a keyframe file, in place of a camera file.
    frames: (start, stop) of the person's video, end-exclusive.
    fov: horizontal field of view of the filmed camera in degrees where no file tells it.
    scene_fov: that of the scene picture; None = from its EXIF data, else 60.
    horizon: height of the horizon in the picture, 0 = top, 1 = bottom; None = estimated.
    camera_height: of the filmed camera above the ground, in the camera file's unit of length.
    camera_scale: track units per unit of the camera file; 1 for files that this package wrote.
    scene_depth: depth map of the scene picture (larger = farther, any unit).
    person_height: metres; tells the scale of a clip whose camera is tracked here.
    rotation_order, sensor: for formats that do not store them (chan).
    layers: also write 16-bit PNG sequences.
    """

    scene: Path
    person: Path | None = None
    matte: Path | None = None
    subject: int | tuple[float, float] | None = None
    matte_backend: str | None = None
    cameras: str | None = None
    camera_format: str | None = None
    move: str | None = None
    frames: tuple[int, int] | None = None
    fov: float | None = None
    scene_fov: float | None = None
    horizon: float | None = None
    camera_height: float | None = None
    camera_scale: float | None = None
    scene_depth: Path | None = None
    person_height: float = ADULT
    rotation_order: str | None = None
    sensor: Sensor | None = None
    layers: bool = False
    options: GenerationOptions = field(default_factory=GenerationOptions)

    def __post_init__(self) -> None:
        self._check_camera()
        self._check_numbers()
        if self.matte is not None and self.person is None:
            raise InputError("--matte: there is no PERSON that it could belong to")
        for name, value in (("--subject", self.subject), ("--matte-backend", self.matte_backend)):
            if value is not None and (self.matte is not None or self.person is None):
                raise InputError(f"{name}: is for a PERSON whose matte is to be found")
        if self.options.generator == "projection" and self.options.weights is not None:
            raise InputError("--weights: the projection generator uses none")

    def _check_camera(self) -> None:
        if self.cameras is not None and self.move is not None:
            raise InputError("--cameras and --move: give one of them")
        if self.person is None and self.move is None and self.cameras in (None, "none"):
            raise InputError("nothing moves: without PERSON give --move or --cameras FILE")
        unit = {"--camera-height": self.camera_height, "--camera-scale": self.camera_scale}
        given = [name for name, value in unit.items() if value is not None]
        tracked = self.cameras is None and self.move is None and given == ["--camera-scale"]
        if given and self.cameras in (None, "none") and not tracked:
            raise InputError(f"{given[0]} tells the unit of a camera file: give --cameras FILE")
        if len(given) == 2:
            raise InputError("--camera-height and --camera-scale: give one of them")
        for name in given:
            if not 0 < (unit[name] or 0) < float("inf"):
                raise InputError(f"{name} {unit[name]:g}: must be positive")

    @property
    def files(self) -> list[Path]:
        """Everything that is read, as far as it exists."""
        named = [self.person, self.scene, self.matte, self.scene_depth, self.cameras, self.move]
        paths = [Path(path) for path in named if path is not None]
        if self.scale_file is not None:
            paths.append(self.scale_file)
        return [path for path in paths if path.exists()]

    @property
    def scale_file(self) -> Path | None:
        """Where a run that tracked the camera put what was told of its scale; it may be absent."""
        if self.cameras in (None, "none"):
            return None
        return Path(str(self.cameras)).resolve().parent / SCALE  # a folder may be given as "."

    def _check_numbers(self) -> None:
        for name, value in (("--fov", self.fov), ("--scene-fov", self.scene_fov)):
            if value is not None and not 1 <= value <= 170:
                raise InputError(f"{name} {value:g}: must be between 1 and 170 degrees")
        if self.horizon is not None and not -2 <= self.horizon <= 3:
            raise InputError(f"--horizon {self.horizon:g}: 0 is the picture's top, 1 its bottom")
        if not SHORTEST <= self.person_height <= TALLEST:
            raise InputError(
                f"--person-height {self.person_height:g}: give metres, {SHORTEST:g} to {TALLEST:g}"
            )
        if self.options.steps is not None and self.options.steps < 1:
            raise InputError(f"--steps {self.options.steps}: must be at least 1")
        if not math.isfinite(self.options.guidance or 0):
            raise InputError(f"--guidance {self.options.guidance}: must be a number")
        if not 0 <= self.options.seed < 2**63:
            raise InputError(f"--seed {self.options.seed}: must not be negative")
        size = self.options.size
        if size is not None and not (min(size) >= 16 and max(size) <= 8192):
            raise InputError(f"--size {size}: sides must be between 16 and 8192")
        if self.frames is not None and not 0 <= self.frames[0] < self.frames[1]:
            start, stop = self.frames
            raise InputError(f"--frames {start}:{stop}: must be A:B with 0 <= A < B")
