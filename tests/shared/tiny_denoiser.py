"""A denoiser of a few thousand weights, with all doors."""

from dynascene.models.sizes import ModelSize
from dynascene.types import Size

TINY = ModelSize(
    name="tiny",
    resolution=Size(48, 32),
    frames=3,
    widths=(8, 16),
    attention=(True, True),
    layers=1,
    heads=2,
    groups=4,
    reference_widths=(8, 8),
    camera_widths=(8, 8),
    token_width=16,
)
NAMES = ("foreground", "scene_reference", "image_embedding", "plucker_camera", "guide")
