"""The files for artists' tools by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from dynascene.io.cameras.defaults import CameraDefaults
from dynascene.io.cameras.exports.after_effects import write_after_effects
from dynascene.io.cameras.exports.blender_script import write_blender_script
from dynascene.io.cameras.exports.glb import write_glb
from dynascene.io.cameras.exports.nuke_script import write_nuke_script
from dynascene.io.cameras.exports.usda import write_usda
from dynascene.types import CameraTrack

MIDDLE = 0.01  # pixels off the middle that nobody sees


@dataclass(frozen=True)
class CameraExport:
    """A file that is only written; its frame rate is that of the defaults.

    Attributes:
        name: as users type it.
        ending: of its files.
        write: function for a file.
        is_centred: it has no principal point: the optical axis is in the frame's middle.
    """

    name: str
    ending: str
    write: Callable[[CameraTrack, Path, CameraDefaults], None]
    is_centred: bool = False

    def losses(self, track: CameraTrack) -> str:
        """What of a track the file does not store; empty where it stores everything."""
        middle = torch.tensor(track.size).double() / 2
        off = (track.intrinsics[:, :2, 2] - middle).abs().max().item()
        return "principal point" if self.is_centred and off > MIDDLE else ""


EXPORTS = {
    entry.name: entry
    for entry in (
        CameraExport("usda", ".usda", write_usda),
        CameraExport("glb", ".glb", write_glb, is_centred=True),
        CameraExport("after-effects", ".jsx", write_after_effects, is_centred=True),
        CameraExport("blender-script", ".py", write_blender_script),
        CameraExport("nuke", ".nk", write_nuke_script, is_centred=True),
    )
}
