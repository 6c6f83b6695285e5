"""The camera track of a request: from a file, a named move, or standing still."""

from dataclasses import dataclass, replace
from pathlib import Path

from torch import Tensor

from dynascene.errors import InputError
from dynascene.generation.clip_scale import TrackedClip
from dynascene.generation.request import NULL_CAMERA, CameraInput, GenerationRequest
from dynascene.geometry.framing import (
    Attitude,
    Framing,
    choose_framing,
    place_track,
    reached_share,
    within_scene,
)
from dynascene.geometry.intrinsics import cover_scale, intrinsics_from_fov, intrinsics_matrix
from dynascene.geometry.lifting import LiftedScene
from dynascene.geometry.moves import make_move
from dynascene.geometry.tracks import (
    NO_TRANSLATION,
    extent,
    path_length,
    relative_track,
    resize_track,
    scale_of,
    scale_track,
    travels,
    turning_only,
    with_square_pixels,
)
from dynascene.io.cameras import CameraDefaults, detect_format, read_cameras
from dynascene.io.cameras.defaults import NO_SIZE, Notice
from dynascene.io.cameras.re10k import stated_scale
from dynascene.io.excerpt import Range
from dynascene.io.keyframes import is_keyframe_file, read_keyframes
from dynascene.jobs.log import Log
from dynascene.phrases import count_of
from dynascene.types import CameraTrack, Size

# Camera views tried for a named move, as shares of the picture's width: the widest one whose
# track stays within the picture is taken.
VIEW_SHARES = (1.0, 0.92, 0.85, 0.78, 0.71, 0.65)
ENOUGH_SEEN = 0.985
NORMALISED_FORMATS = ("re10k", "humanvid")  # intrinsics relative to width and height


@dataclass(frozen=True)
class FilmedCamera:
    """A camera as it was filmed.

    track: for the person's frames, of its own unit of length. name: what notices call it.
    height: of the first camera above the ground, in the track's unit, where it is known.
    attitude: how the first camera was held, where that is known better than the track tells.
    scale: track units in the track's unit, where its file tells.
    is_own: whether it is known to have filmed the person's clip.
    whole: the track of its file, of which ``track`` is a part; None: it is the whole.
    """

    track: CameraTrack
    name: str
    height: float | None = None
    attitude: Attitude | None = None
    scale: float | None = None
    is_own: bool = False
    whole: CameraTrack | None = None


def camera_track(
    request: GenerationRequest,
    filmed: FilmedCamera | None,
    scene: LiftedScene,
    size: Size,
    frames: int | None,
    frame_rate: float,
    log: Log,
) -> CameraTrack:
    """The cameras for frames of ``size``, in track units.

    filmed: the camera that was read from a file or found in the clip, if there is one.
    frames: the person's frame count; None = as long as the track itself is.
    """
    if filmed is not None:
        return in_scene_units(filmed, scene, request.camera, request.options.framing, log)
    if request.camera.cameras == NULL_CAMERA:
        log.notice("`cameras` none: the guide is that of a camera that stands still")
    return _from_move(request, scene, size, frames or _length(request), frame_rate)


def _length(request: GenerationRequest) -> int:
    """Frames of a move without a person: those asked for, else three seconds at 24 a second."""
    return request.frames[1] - request.frames[0] if request.frames else 72


def _from_move(
    request: GenerationRequest, scene: LiftedScene, size: Size, frames: int, frame_rate: float
) -> CameraTrack:
    def track(intrinsics: Tensor) -> CameraTrack:
        move = request.camera.move or "static"
        if is_keyframe_file(Path(move)):
            return read_keyframes(Path(move), frames, intrinsics, size)
        seed = request.options.seed
        return make_move(move, frames, intrinsics, size, seed=seed, frame_rate=frame_rate)

    if request.camera.fov is not None:
        return track(intrinsics_from_fov(request.camera.fov, size))
    widest = scene.camera.focal * cover_scale(scene.camera.size, size)
    *wider, narrowest = (track(_view(widest / share, size)) for share in VIEW_SHARES)
    for candidate in wider:
        framing = choose_framing(request.options.framing, candidate, scene)
        placed = place_track(candidate, framing)
        if reached_share(placed, scene) >= ENOUGH_SEEN:
            return candidate
    return narrowest


def _view(focal: float, size: Size) -> Tensor:
    return intrinsics_matrix(focal, focal, size.width / 2, size.height / 2)


def read_filmed(
    camera: CameraInput,
    size: Size,
    frames: int | None,
    excerpt: tuple[int, int] | None,
    log: Log,
    frame_rate: float | None = None,
    clip: TrackedClip | None = None,
) -> FilmedCamera | None:
    """The camera file's track for frames of ``size``; None without a file.

    frames: how many there are; None = as many as the file has. excerpt: which of the clip's frames
    they are; None = from its first on. frame_rate: of the clip. clip: what lies beside the file.
    """
    path = camera.file
    if path is None:
        return None
    defaults = CameraDefaults(
        size=size,
        fov=camera.fov or 60.0,
        rotation_order=camera.rotation_order,
        sensor=camera.sensor,
    )
    name = camera.camera_format or detect_format(path)
    if name == "tum" and len(read_cameras(path, name, defaults)) != frames:
        defaults = replace(defaults, frame_rate=frame_rate)
    if name in NORMALISED_FORMATS:
        track = with_square_pixels(read_cameras(path, name, defaults, _but_for_size(log)))
    else:
        track = read_cameras(path, name, defaults, notice=log.notice)
    made_for = track.size.width / track.size.height
    if abs(made_for / (size.width / size.height) - 1) > 0.02:
        log.notice(
            f"{path}: was made for frames of shape {made_for:.3g} : 1 and the frames here are "
            f"{size}; its view is cropped to them"
        )
    whole = resize_track(track, size)
    if clip is not None and clip.excerpt is not None and frames is not None:
        track = _cut_as_tracked(whole, path, excerpt or (0, frames), clip.excerpt)
    else:
        track = _cut(whole, path, excerpt, frames, log)
    scale = stated_scale(path)
    return FilmedCamera(track, str(path), camera.camera_height, scale=scale, whole=whole)


def _but_for_size(log: Log) -> Notice:
    """The log's notices without that of an assumed size, which the lens itself corrects here."""

    def notice(line: str) -> None:
        if NO_SIZE not in line:
            log.notice(line)

    return notice


def _cut(
    track: CameraTrack,
    path: Path,
    excerpt: tuple[int, int] | None,
    frames: int | None,
    log: Log,
) -> CameraTrack:
    """The cameras of the frames that are used.

    With `frames` A:B a track may be that of the whole clip, or that of the excerpt alone.
    """
    cameras = count_of(len(track), "camera")
    if excerpt:
        start, stop = excerpt
        if len(track) >= stop:
            return track[start:stop]
        if frames is None:
            raise InputError(
                f"{path}: has {cameras}; for `frames` {start}:{stop} give it at least "
                f"{stop}, or `frames` 0:{len(track)}"
            )
        if len(track) == stop - start:
            log.notice(f"{path}: has {cameras}, taken as those of `frames` {start}:{stop}")
            return track
        raise InputError(
            f"{path}: has {cameras}; for `frames` {start}:{stop} give it at least "
            f"{stop} (from the clip's first frame on) or {stop - start} (those frames' alone)"
        )
    if frames is None:
        return track
    if len(track) < frames:
        raise InputError(
            f"{path}: has {cameras} for {frames} frames; "
            f"give a longer track, or `frames` 0:{len(track)}"
        )
    if len(track) > frames:
        log.notice(f"{path}: has {cameras}; the first {frames} are used")
    return track[:frames]


def _cut_as_tracked(track: CameraTrack, path: Path, used: Range, tracked: Range) -> CameraTrack:
    """The cameras of the frames in use; both ranges are the clip's own frame numbers."""
    (start, stop), (first, end) = used, tracked
    if len(track) != end - first:
        raise InputError(
            f"{path}: has {count_of(len(track), 'camera')}, and the report beside it tells of "
            f"{end - first}; track the clip again"
        )
    if not (first <= start and stop <= end):
        raise InputError(
            f"{path}: was tracked in the clip's frames {first}:{end}, and {start}:{stop} are used; "
            f"give `frames` {first}:{end} or a part of them, or track the others too"
        )
    return track[start - first : stop - first]


def in_scene_units(
    filmed: FilmedCamera,
    scene: LiftedScene,
    camera: CameraInput,
    framing: Framing | str,
    log: Log,
) -> CameraTrack:
    """Bring a camera's unit of length, mostly unknown, to track units."""
    track = relative_track(filmed.track)
    if camera.camera_scale is not None:
        return scale_track(track, camera.camera_scale)
    if filmed.height is not None:
        return scale_track(track, scene.surface.height / filmed.height)
    if not travels(track):
        if path_length(track) >= NO_TRANSLATION:
            log.notice(
                f"{filmed.name}: its position only scatters about one point; it is "
                "taken to turn in place (`camera_scale` keeps its positions)"
            )
        return turning_only(track)
    whole = extent(track)
    scaled = scale_track(track, scale_of(track, filmed.scale))
    track = within_scene(scaled, scene, framing, filmed.attitude)
    if filmed.scale is not None:
        log.notice(
            f"{filmed.name}: has RealEstate10K's unit of length; the camera moves by "
            f"{extent(track):.2g} of the scene's median depth"
        )
        return track
    unit = extent(track) / whole
    log.notice(
        f"{filmed.name}: its unit of length is unknown; the camera is taken to move by "
        f"{extent(track):.2g} of the scene's median depth ({_remedy(camera, unit)})"
    )
    return track


def _remedy(camera: CameraInput, unit: float) -> str:
    """What tells the unit better. Nobody knows the unit of a track that was found."""
    if camera.cameras is None:
        return f"`camera_scale` makes it more or less than {unit:.3g}"
    return "`camera_height`, in that unit, tells it exactly"
