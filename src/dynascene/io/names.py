"""The names of ways to read footage; light to import, so that ``--help`` lists them fast."""

from typing import Literal

Deinterlace = Literal["auto", "always", "never"]
BitDepth = Literal["auto", "8", "10"]
LayerKind = Literal["png", "exr", "prores"]
CameraFileName = Literal["usda", "glb", "after-effects", "blender-script", "nuke", "chan"]
AlphaKind = Literal["auto", "straight", "premultiplied"]
