"""Camera tracks in the file formats of other programs; docs/cameras.md describes each."""

from dynascene.io.cameras.defaults import CameraDefaults, Sensor
from dynascene.io.cameras.exports.table import EXPORTS
from dynascene.io.cameras.formats import FORMATS, detect_format, read_cameras, write_cameras

__all__ = [
    "EXPORTS",
    "FORMATS",
    "CameraDefaults",
    "Sensor",
    "detect_format",
    "read_cameras",
    "write_cameras",
]
