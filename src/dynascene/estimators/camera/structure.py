"""A camera that travels: structure from motion over the keyframes, by pycolmap.

Keyframes share one pinhole camera with its principal point in the middle. Files lie in a temporary
folder. K keyframes; pixels of the working picture.
"""

from __future__ import annotations

import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, Literal, NamedTuple

import numpy as np

from dynascene.errors import InputError
from dynascene.estimators.camera.keyframes import Keyframes
from dynascene.types import Size

Mapper = Literal["global", "incremental"]

FOCAL_BOUNDS = (0.4, 5.0)  # of the longer side; what leaves them is no solution
PAIR_ERROR = 2.0  # pixels, for the geometry of two views
LEAST_INLIERS = 15
LEAST_TRIALS = 30  # of a pair's geometry; most matches are right
ROBUST_SCALE = 1.0  # pixels: residuals beyond count less and less in the last adjustment
SEED = 0
# Points that the global mapper places in each keyframe; with more, poses become no better.
LEAST_IN_VIEW = 200
# Of each of its adjustments. Where the clip does not tell the focal length, they would creep along
# for hundreds of steps; the last adjustment goes on from where they are.
MOST_STEPS = 25
SETTLED = 1e-6  # share of the error by which a round of the last adjustment must lower it
PATIENCE = 120  # seconds for the incremental mapper, which may try hopeless clips for ever


class Structure(NamedTuple):
    """The result of a mapper.

    Attributes:
        cam_from_world: [K, 4, 4]; NaN for keyframes without a pose.
        focal: in pixels.
        model: pycolmap's reconstruction, for later refinement.
    """

    cam_from_world: np.ndarray
    focal: float
    model: Any


class Workspace:
    """A pycolmap database with the keyframes' points and matches."""

    def __init__(self, keyframes: Keyframes, size: Size, folder: Path) -> None:
        self.pycolmap = load_pycolmap()
        self.keyframes, self.size, self.folder = keyframes, size, folder
        self.runs = 0
        self._geometries: dict[tuple[bool, float | None], dict[tuple[int, int], Any]] = {}

    def solve(self, mapper: Mapper, focal: float, fix_focal: bool) -> Structure | None:
        """Estimate the poses of the keyframes and the focal length.

        The incremental mapper keeps the focal length and frees it only in the last adjustment: with
        few frames it would diverge. The global mapper first calibrates it from all fundamental
        matrices.

        Args:
            mapper: which of pycolmap's mappers.
            focal: initial value, in pixels.
            fix_focal: whether it stays.

        Returns:
            The structure; None where the mapper fails.
        """
        self.runs += 1
        folder = self.folder / str(self.runs)
        (folder / "out").mkdir(parents=True)
        database = folder / "database.db"
        with _quiet(self.pycolmap):
            camera = pinhole_camera(self.pycolmap, self.size, focal)
            camera.has_prior_focal_length = fix_focal
            geometries = self._geometries_for(mapper, camera)
            self._write_database(database, camera, geometries)
            if mapper == "global":
                models = _global(self.pycolmap, database, folder, fix_focal)
            else:
                models = _incremental(self.pycolmap, database, folder, fix_focal)
            if not models:
                return None
            model = max(models.values(), key=lambda model: model.num_reg_images())
            _adjust(self.pycolmap, model, fix_focal)
        return self._structure(model)

    def refit(self, structure: Structure, focal: float) -> Structure:
        """Refine the structure with another, fixed focal length."""
        model = self.pycolmap.Reconstruction(structure.model)
        (camera,) = model.cameras.values()
        camera.params = [focal, *camera.params[1:]]
        with _quiet(self.pycolmap):
            _adjust(self.pycolmap, model, fix_focal=True)
        return self._structure(model)

    def _structure(self, model: Any) -> Structure:
        poses = np.full((len(self.keyframes.frames), 4, 4), np.nan)
        for image in model.images.values():
            if image.has_pose:
                pose = np.vstack([image.cam_from_world().matrix(), [0, 0, 0, 1]])
                poses[int(Path(image.name).stem)] = pose
        (camera,) = model.cameras.values()
        return Structure(poses, float(camera.params[0]), model)

    def _write_database(
        self, path: Path, camera: Any, geometries: dict[tuple[int, int], Any]
    ) -> None:
        pycolmap = self.pycolmap
        database = pycolmap.Database.open(str(path))
        camera.camera_id = database.write_camera(camera)
        rig = pycolmap.Rig()
        rig.add_ref_sensor(camera.sensor_id)
        rig_id = database.write_rig(rig)
        images = []
        for index, points in enumerate(self.keyframes.points):
            name = f"{index:06d}.png"
            image = database.write_image(pycolmap.Image(name=name, camera_id=camera.camera_id))
            frame = pycolmap.Frame()
            frame.rig_id = rig_id
            frame.add_data_id(pycolmap.data_t(camera.sensor_id, image))
            database.write_frame(frame)
            database.write_keypoints(image, points.astype(np.float32))
            images.append(image)
        self._write_matches(database, geometries, images)
        database.close()

    def _write_matches(
        self, database: Any, geometries: dict[tuple[int, int], Any], images: list[int]
    ) -> None:
        for (i, j), geometry in geometries.items():
            if len(geometry.inlier_matches) >= LEAST_INLIERS:
                rows = self.keyframes.matches[i, j].astype(np.uint32)
                database.write_matches(images[i], images[j], rows)
                database.write_two_view_geometry(images[i], images[j], geometry)

    def _geometries_for(self, mapper: Mapper, camera: Any) -> dict[tuple[int, int], Any]:
        """The geometry of each pair of keyframes, estimated once for all that it depends on.

        Where the focal length is free, inliers are those of a fundamental matrix, whatever the
        camera's is. Relative poses hang on it; of the mappers only the global one takes them from
        here.
        """
        is_fixed, focal = camera.has_prior_focal_length, camera.params[0]
        key = is_fixed, focal if is_fixed or mapper == "global" else None
        if key not in self._geometries:
            self._geometries[key] = self._estimate_geometries(camera)
            self._geometries.setdefault((is_fixed, None), self._geometries[key])
        return self._geometries[key]

    def _estimate_geometries(self, camera: Any) -> dict[tuple[int, int], Any]:
        options = self.pycolmap.TwoViewGeometryOptions()
        options.ransac.max_error, options.ransac.random_seed = PAIR_ERROR, SEED
        options.ransac.min_num_trials = LEAST_TRIALS
        options.compute_relative_pose = True
        points = self.keyframes.points
        return {
            (i, j): self.pycolmap.estimate_two_view_geometry(
                camera, points[i], camera, points[j], matches.astype(np.uint32), options
            )
            for (i, j), matches in self.keyframes.matches.items()
        }


@contextmanager
def open_workspace(keyframes: Keyframes, size: Size) -> Generator[Workspace]:
    """A workspace whose folder is removed at the end of the ``with`` block; see ``Workspace``.

    Raises:
        InputError: pycolmap is not installed.
    """
    load_pycolmap()
    with tempfile.TemporaryDirectory(prefix="dynascene-track-") as folder:
        yield Workspace(keyframes, size, Path(folder))


def load_pycolmap() -> Any:
    """Import pycolmap.

    Raises:
        InputError: it is missing or too old; the message says what to install.
    """
    import cv2  # noqa: F401  # where pycolmap comes first, OpenCV frees PNGs by its zlib: an abort

    try:
        import pycolmap
    except ImportError:
        raise InputError(
            "the camera travels, which needs pycolmap: pip install 'pycolmap>=4'"
        ) from None
    if not hasattr(pycolmap, "global_mapping"):
        raise InputError(
            f"pycolmap {pycolmap.__version__} is too old: pip install --upgrade 'pycolmap>=4'"
        )
    return pycolmap


def pinhole_camera(pycolmap: Any, size: Size, focal: float) -> Any:
    """pycolmap's camera for a picture: focal length in pixels, principal point in the middle."""
    return pycolmap.Camera(
        model="SIMPLE_PINHOLE",
        width=size.width,
        height=size.height,
        params=[focal, size.width / 2, size.height / 2],
    )


def _global(pycolmap: Any, database: Path, folder: Path, fix_focal: bool) -> dict[int, Any]:
    """Poses from the longest tracks, whose number decides how long it takes; then others join."""
    options = pycolmap.GlobalPipelineOptions()
    options.num_threads, options.random_seed, options.multiple_models = 1, SEED, False
    mapper = options.mapper
    mapper.bundle_adjustment.refine_focal_length = not fix_focal
    mapper.track_required_tracks_per_view = LEAST_IN_VIEW
    mapper.bundle_adjustment.ceres.solver_options.max_num_iterations = MOST_STEPS
    return pycolmap.global_mapping(database, folder, folder / "out", options)


def _incremental(pycolmap: Any, database: Path, folder: Path, fix_focal: bool) -> dict[int, Any]:
    options = pycolmap.IncrementalPipelineOptions()
    options.num_threads, options.random_seed, options.multiple_models = 1, SEED, False
    options.min_model_size, options.extract_colors = 3, False
    options.ba_refine_focal_length, options.max_runtime_seconds = False, PATIENCE
    mapper = options.mapper  # made for photographs; the frames of a clip are nearer to each other
    mapper.init_min_tri_angle, mapper.init_min_num_inliers = 4.0, 50
    mapper.abs_pose_min_num_inliers, mapper.abs_pose_max_error = 15, 6.0
    mapper.abs_pose_refine_focal_length = False
    mapper.filter_max_reproj_error, mapper.filter_min_tri_angle = 3.0, 1.0
    options.triangulation.min_angle = 1.0
    return pycolmap.incremental_mapping(database, folder, folder / "out", options)


def _adjust(pycolmap: Any, model: Any, fix_focal: bool) -> None:
    """Bundle adjustment of everything, robust to outliers."""
    options = pycolmap.BundleAdjustmentOptions()
    options.refine_focal_length, options.print_summary = not fix_focal, False
    options.ceres.loss_function_type = pycolmap.LossFunctionType.CAUCHY
    options.ceres.loss_function_scale = ROBUST_SCALE
    solver = options.ceres.solver_options  # on a busy machine threads wait for each other
    solver.num_threads, solver.function_tolerance = 1, SETTLED
    config = pycolmap.BundleAdjustmentConfig()
    for image in model.images.values():
        if image.has_pose:
            config.add_image(image.image_id)
    config.fix_gauge(pycolmap.BundleAdjustmentGauge.TWO_CAMS_FROM_WORLD)
    pycolmap.create_default_bundle_adjuster(options, config, model).solve()


@contextmanager
def _quiet(pycolmap: Any) -> Generator[None]:
    """Silence pycolmap's log on standard error, where it would break the progress bar.

    The level is global to the process; the last thread to leave restores it.
    """
    with _quieting.lock:
        if _quieting.users == 0:
            _quieting.level = pycolmap.logging.minloglevel
            pycolmap.logging.minloglevel = int(pycolmap.logging.Level.FATAL)
        _quieting.users += 1
    try:
        yield
    finally:
        with _quieting.lock:
            _quieting.users -= 1
            if _quieting.users == 0:
                pycolmap.logging.minloglevel = _quieting.level


class _Quieting:
    """The number of threads that want silence, and the level to restore."""

    def __init__(self) -> None:
        self.lock, self.users, self.level = Lock(), 0, 0


_quieting = _Quieting()
