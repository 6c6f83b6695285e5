"""After Effects: a script that makes a composition with a camera, one keyframe a frame.

After Effects has our axes (x right, y down, z into the picture) and measures lengths in pixels.
Orientation (x, y, z) means R = Rx·Ry·Rz. A camera without rotation looks along +z.
"""

from __future__ import annotations

import json
from pathlib import Path

from dynascene.geometry.rigid import invert_rigid
from dynascene.io.atomic import write_text
from dynascene.io.cameras.angles import angles_about_axes
from dynascene.io.cameras.defaults import CameraDefaults
from dynascene.io.cameras.exports.lens import FILM_BACK, frame_rate_of
from dynascene.io.cameras.square import square_focal
from dynascene.types import CameraTrack

PIXELS_A_UNIT = 1000  # layers are some hundred pixels wide, so a unit of 1 would be a speck
ORDER = "ZYX"  # z is applied first
SCRIPT = """// File > Scripts > Run Script File… makes a composition with the camera.
(function () {{
    var name = {name}, width = {width}, height = {height};
    var framesPerSecond = {rate}, frames = {frames};
    // One unit of the track is {unit} pixels; a film back of {film_back:g} mm has a lens of
    // {film_back:g} * zoom / width mm.
    var positions = {positions};
    var orientations = {orientations};
    var zooms = {zooms};

    app.beginUndoGroup(name);
    var duration = frames / framesPerSecond;
    var comp = app.project.items.addComp(name, width, height, 1, duration, framesPerSecond);
    var camera = comp.layers.addCamera(name, [width / 2, height / 2]);
    camera.autoOrient = AutoOrientType.NO_AUTO_ORIENT;
    var times = [];
    for (var frame = 0; frame < frames; frame++) {{
        times.push(frame / framesPerSecond);
    }}
    var transform = camera.property("ADBE Transform Group");
    transform.property("ADBE Position").setValuesAtTimes(times, positions);
    transform.property("ADBE Orientation").setValuesAtTimes(times, orientations);
    var options = camera.property("ADBE Camera Options Group");
    options.property("ADBE Camera Zoom").setValuesAtTimes(times, zooms);
    app.endUndoGroup();
}})();
"""


def write_after_effects(track: CameraTrack, path: Path, defaults: CameraDefaults) -> None:
    """Write a track without its principal point; InputError where pixels are not square."""
    zoom = square_focal(track, path, "After Effects")
    poses = invert_rigid(track.cam_from_world)
    text = SCRIPT.format(
        name=json.dumps(path.stem),
        width=track.size.width,
        height=track.size.height,
        rate=repr(frame_rate_of(defaults)),
        frames=len(track),
        unit=PIXELS_A_UNIT,
        film_back=FILM_BACK,
        positions=json.dumps((poses[:, :3, 3] * PIXELS_A_UNIT).tolist()),
        orientations=json.dumps(angles_about_axes(poses[:, :3, :3], ORDER).tolist()),
        zooms=json.dumps(zoom.tolist()),
    )
    write_text(path, text)
