"""What a user asks for, checked before anything is opened.

The parameters have the names of the command line's options, so that a message means the same in
both places.
"""

from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

from dynascene.errors import InputError
from dynascene.estimators.matte.hints import Hint
from dynascene.estimators.matte.outline import MatteOutline
from dynascene.estimators.scale.person_scale import ADULT, check_person_height
from dynascene.generation.clip import GenerationOptions
from dynascene.generation.delivery_input import DeliveryInput
from dynascene.generation.look.look_input import LookInput
from dynascene.generation.names import PRESET_NAMES
from dynascene.generation.place_request import PlaceInput, check_fov
from dynascene.io.cameras import Sensor
from dynascene.io.colour_space import ColourSpace, config_files
from dynascene.io.names import AlphaKind, Deinterlace
from dynascene.io.paths import is_file_there, is_there
from dynascene.seeds import check_seed

SCALE = "scale.json"  # beside a camera file
SCALE_SOURCE, TRACKING_SOURCE = "scale", "tracking"  # what lies there, in reports
SMALLEST = 1e-9  # units of a camera file in a track unit, and the other way round
MOST_GUIDANCE = 1000.0
NULL_CAMERA = "none"  # in place of a camera file


@dataclass(frozen=True, kw_only=True)
class PersonInput:
    """Who is put into the place.

    Args:
        person: a video, a folder of frames, or a still with alpha.
        matte: video or folder, white = person; None = the person's own alpha, else they are cut
            out of the clip.
        subject: whom to cut out: their number or a pixel on them.
        matte_backend: how to cut out: a name of ``estimators.matte.backends``.
        hints: clicks that mend the matte that is made.
        take_along: whether what the person rides or carries is cut out too, see ``MatteOptions``.
        matte_shrink: see ``MatteOutline``; of any matte, the person's own too.
        matte_feather: as ``matte_shrink``.
        person_height: metres; tells the scale of a clip whose camera is tracked.
        alpha: whether its colours were multiplied by its alpha; auto: see docs/footage.md.
        deinterlace: as for ``io.video.open_video``.
        fill_gaps: show the frame before where a folder of frames lacks one.
        frame_rate: of a folder of frames; None = 24 a second.
        ocio_person: the colour space of the clip's stored values; None = what the file says.

    Raises:
        InputError: options that exclude each other, or a height that nobody has.
    """

    person: Path
    matte: Path | None = None
    subject: int | tuple[float, float] | None = None
    matte_backend: str | None = None
    hints: tuple[Hint, ...] = ()
    take_along: bool | None = None
    matte_shrink: float = 0.0
    matte_feather: float = 0.0
    person_height: float = ADULT
    alpha: AlphaKind = "auto"
    deinterlace: Deinterlace = "auto"
    fill_gaps: bool = False
    frame_rate: Fraction | None = None
    ocio_person: ColourSpace | None = None

    def __post_init__(self) -> None:
        if self.matte is not None and self.cutting_options:
            name = self.cutting_options[0]
            raise InputError(f"`{name}`: is for a `person` whose matte is to be made")
        check_person_height(self.person_height)
        _ = self.outline

    @property
    def cutting_options(self) -> list[str]:
        """Names of the options in use that only serve where a matte is to be made."""
        names = ("subject", "matte_backend", "hints", "take_along")
        return [name for name in names if getattr(self, name) not in (None, ())]

    @property
    def outline(self) -> MatteOutline:
        """How the outline of the matte moves. Raises InputError for a number out of its range."""
        return MatteOutline(self.matte_shrink, self.matte_feather)


@dataclass(frozen=True, kw_only=True)
class CameraInput:
    """How the camera moves. With neither a file nor a move, the person's clip is tracked.

    Args:
        cameras: a camera file or folder, or "none" (null camera).
        camera_format: the file's format; None = detected.
        move: a named move (``pan-right:20``) or a keyframe file, in place of a camera file.
        fov: horizontal field of view of the filmed camera in degrees where no file tells it.
        camera_height: of the filmed camera above the ground, in the file's unit of length.
        camera_scale: track units per unit of the file; 1 for files that this package wrote.
        rotation_order: for formats that do not store it (chan).
        sensor: as ``rotation_order``.

    Raises:
        InputError: options that exclude each other, or a number out of its range.
    """

    cameras: str | None = None
    camera_format: str | None = None
    move: str | None = None
    fov: float | None = None
    camera_height: float | None = None
    camera_scale: float | None = None
    rotation_order: str | None = None
    sensor: Sensor | None = None

    def __post_init__(self) -> None:
        if self.cameras is not None and self.move is not None:
            raise InputError("`cameras` and `move`: give one of them")
        check_fov("fov", self.fov)
        for name in ("camera_format", "rotation_order", "sensor"):
            if getattr(self, name) is not None and self.file is None:
                raise InputError(f"`{name}`: is for a camera file; give `cameras` FILE")
        self._check_unit()

    def _check_unit(self) -> None:
        names = ("camera_height", "camera_scale")
        units = {n: getattr(self, n) for n in names if getattr(self, n) is not None}
        tracked = self.cameras is None and self.move is None and list(units) == ["camera_scale"]
        if units and self.file is None and not tracked:
            raise InputError(
                f"`{next(iter(units))}` tells the unit of a camera file: give `cameras` FILE"
            )
        if len(units) == 2:
            raise InputError("`camera_height` and `camera_scale`: give one of them")
        for name, value in units.items():
            if not SMALLEST <= value <= 1 / SMALLEST:
                raise InputError(
                    f"`{name}` {value:g}: must be positive, {SMALLEST:g} to {1 / SMALLEST:g}"
                )

    @property
    def tells_scale(self) -> bool:
        """Whether it says how far the camera travels, in track units or by its height."""
        return self.camera_scale is not None or self.camera_height is not None

    @property
    def file(self) -> Path | None:
        """The camera file or folder; None where none is read."""
        return None if self.cameras in (None, NULL_CAMERA) else Path(str(self.cameras))

    @property
    def scale_sources(self) -> dict[str, Path]:
        """What lies beside a camera file of its clip and scale, as far as it is there: "scale",
        which counts more, and "tracking", the report of its tracking."""
        if self.file is None:
            return {}
        file = self.file.resolve()  # a folder may be given as "."
        beside = {SCALE_SOURCE: file.parent / SCALE, TRACKING_SOURCE: tracking_report(file)}
        return {name: path for name, path in beside.items() if is_file_there(path)}


def tracking_report(cameras: Path) -> Path:
    """Where the report of tracking lies beside a camera file or folder: STEM.track.json."""
    return cameras.parent / f"{cameras.stem}.track.json"


@dataclass(frozen=True, kw_only=True)
class MotionInput:
    """How a person moves who was not filmed, for weights that make the person too.

    Args:
        pose: a file of poses, or a skeleton video (docs/pose.md).
        person_image: a picture of the person; what its alpha leaves out does not count.
        points: a file of points by which the background moves (docs/pose.md); None: they follow
            the camera.
    """

    pose: Path | None = None
    person_image: Path | None = None
    points: Path | None = None


@dataclass(frozen=True, kw_only=True)
class GenerationRequest:
    """A person, a place and a camera, and how to make the background.

    Args:
        place: the picture.
        person: None = the camera moves through the place alone.
        camera: how it moves.
        motion: how somebody moves who was not filmed.
        frames: (start, stop) of the person's video, stop excluded.
        delivery: what is written besides the clips.
        look: what makes person and background one picture, where there is a person.
        options: of the generator; the camera "none" sets their ``null_camera``.

    Raises:
        InputError: when nothing would move, or a number is out of its range.
    """

    place: PlaceInput
    person: PersonInput | None = None
    camera: CameraInput = field(default_factory=CameraInput)
    motion: MotionInput = field(default_factory=MotionInput)
    frames: tuple[int, int] | None = None
    delivery: DeliveryInput = field(default_factory=DeliveryInput)
    look: LookInput = field(default_factory=LookInput)
    options: GenerationOptions = field(default_factory=GenerationOptions)

    def __post_init__(self) -> None:
        given = (self.person, self.motion.pose, self.camera.move, self.camera.file)
        if all(source is None for source in given):
            raise InputError("nothing moves: without a `person` give `move` or `cameras` FILE")
        if self.person is None and (self.place.stand or self.place.person_scale != 1):
            name = "stand" if self.place.stand else "person_scale"
            raise InputError(f"`{name}`: there is no `person` who could stand in the place")
        if self.person is None and (names := self.look.choices):
            raise InputError(f"`{names[0]}`: there is no `person` that it could belong to")
        for name in ("pose", "person_image", "points"):
            if self.person is not None and getattr(self.motion, name) is not None:
                raise InputError(f"`{name}`: is for somebody who was not filmed; leave PERSON out")
        if self.frames is not None and not 0 <= self.frames[0] < self.frames[1]:
            start, stop = self.frames
            raise InputError(f"`frames` {start}:{stop}: must be A:B with 0 <= A < B")
        _check_options(self.options)
        if self.camera.cameras == NULL_CAMERA:
            object.__setattr__(self, "options", replace(self.options, null_camera=True))

    @property
    def needed_files(self) -> dict[str, Path]:
        """Files and folders that must exist, by the parameter that names them."""
        person = self.person
        paths = {
            "person": person and person.person,
            "scene": self.place.scene,
            "matte": person and person.matte,
            "scene_depth": self.place.scene_depth,
            "cameras": self.camera.file,
            "pose": self.motion.pose,
            "person_image": self.motion.person_image,
            "points": self.motion.points,
        }
        return {name: path for name, path in paths.items() if isinstance(path, Path)}

    @property
    def files(self) -> list[Path]:
        """Everything that is read, as far as it exists."""
        move = self.camera.move and Path(self.camera.move)
        clip = self.person.ocio_person if self.person else None
        configs = config_files(clip, self.place.ocio_scene, self.delivery.ocio_layers)
        beside = self.camera.scale_sources.values()
        paths = [*self.needed_files.values(), move, *beside, *configs]
        return [path for path in paths if isinstance(path, Path) and is_there(path)]


def _check_options(options: GenerationOptions) -> None:
    if options.generator == "projection" and options.weights is not None:
        raise InputError("`weights`: the projection generator uses none")
    for name in ("prompt", "negative_prompt", "preset", "four_bits"):
        if getattr(options, name) not in (None, False) and options.generator != "vace":
            raise InputError(f"`{name}`: is for `generator` vace; {options.generator} has no use")
    if options.preset not in (None, *PRESET_NAMES):
        raise InputError(f"`preset` {options.preset}: is one of {', '.join(PRESET_NAMES)}")
    if options.steps is not None and options.steps < 1:
        raise InputError(f"`steps` {options.steps}: must be at least 1")
    if not abs(options.guidance or 0) <= MOST_GUIDANCE:
        raise InputError(
            f"`guidance` {options.guidance}: must be a number between ±{MOST_GUIDANCE:g}"
        )
    check_seed(options.seed)
    size = options.size
    if size is not None and not (min(size) >= 16 and max(size) <= 8192):
        raise InputError(f"`size` {size}: sides must be between 16 and 8192")
