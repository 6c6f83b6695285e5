"""Cameras from files and to files."""

from dynascene import CameraTrack, Size
from dynascene.geometry.tracks import in_track_units, scale_of
from dynascene.io.cameras import EXPORTS, FORMATS, CameraDefaults, read_cameras, write_cameras
from dynascene.io.cameras.formats import BY_ENDING
from dynascene.io.cameras.re10k import stated_scale

from ..api import CATEGORY, FRAME_RATE, LARGEST, Camera, io
from ..console import Console
from ..files import input_path, new_output_path

DETECTED = "detect"
ENDING_OF = {name: ending for ending, name in BY_ENDING.items()}
WRITTEN = [name for name in (*FORMATS, *EXPORTS) if name in ENDING_OF]


class LoadCamera(io.ComfyNode):
    """A camera file of ComfyUI's input folder."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="DynasceneLoadCamera",
            display_name="Load Camera",
            category=CATEGORY,
            description="Reads a camera track, in the world of its first camera.",
            inputs=[
                io.String.Input("file", default="cameras.txt", tooltip="In the input folder."),
                io.Combo.Input("format", options=[DETECTED, *FORMATS], default=DETECTED),
                io.Int.Input("width", default=1280, min=16, max=LARGEST),
                io.Int.Input("height", default=720, min=16, max=LARGEST),
                io.Float.Input(
                    "fov",
                    default=60.0,
                    min=1.0,
                    max=170.0,
                    step=0.01,
                    tooltip="Horizontal, in degrees, where the file tells none.",
                ),
                io.Float.Input(
                    "scale",
                    default=0.0,
                    min=0.0,
                    max=1e9,
                    step=0.001,
                    tooltip="Track units per unit of the file; 0: unknown; 1: dynascene wrote it.",
                ),
            ],
            outputs=[Camera.Output(display_name="camera")],
        )

    @classmethod
    def fingerprint_inputs(cls, file: str, **others: object) -> tuple[object, ...]:
        return input_path(file).stat().st_mtime, *others.values()

    @classmethod
    def execute(
        cls, file: str, format: str, width: int, height: int, fov: float, scale: float
    ) -> io.NodeOutput:
        path = input_path(file)
        name = None if format == DETECTED else format
        defaults = CameraDefaults(size=Size(width, height), fov=fov)
        track = read_cameras(path, name, defaults, Console().notice)
        stated = scale or stated_scale(path)
        return io.NodeOutput(in_track_units(track, scale_of(track, stated)))


class SaveCamera(io.ComfyNode):
    """A camera file in ComfyUI's output folder."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="DynasceneSaveCamera",
            display_name="Save Camera",
            category=CATEGORY,
            description="Writes a camera track for other programs.",
            inputs=[
                Camera.Input("camera"),
                io.String.Input("name", default="dynascene/cameras"),
                io.Combo.Input("format", options=WRITTEN, default="re10k"),
                io.Float.Input("frame_rate", default=FRAME_RATE, min=0.01, max=1000.0, step=0.001),
            ],
            outputs=[io.String.Output(display_name="path")],
            is_output_node=True,
        )

    @classmethod
    def execute(
        cls, camera: CameraTrack, name: str, format: str, frame_rate: float
    ) -> io.NodeOutput:
        path = new_output_path(name, ENDING_OF[format])
        defaults = CameraDefaults(size=camera.size, frame_rate=frame_rate)
        write_cameras(camera, path, format, defaults, Console().notice)
        return io.NodeOutput(str(path))
