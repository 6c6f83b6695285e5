"""The scene picture beside every noisy frame, as image-to-video networks take theirs."""

from collections.abc import Mapping
from typing import Any, Literal

from torch import Tensor, nn

from dynascene.errors import InputError
from dynascene.models.conditioners.base import Conditioner
from dynascene.models.conditioners.place_code import shared_places
from dynascene.models.conditioners.plucker_camera import CAMERA, input_convolution, shared_camera
from dynascene.models.injection import Injection
from dynascene.models.input_layout import IMAGE_LATENT
from dynascene.models.latents import EncodedClip
from dynascene.models.sizes import ModelSize


class SceneImage(Conditioner):
    """[image latent 4], the same beside each frame. Unconditional value: zeros.

    places: the conditioner that tells which places of the picture the frames show. The picture's
        own places go through its code and a 1×1 convolution to the U-Net's input features, so that
        attention finds one by the other (ours). ``none``: as published.
    rays: ``shared``: the picture's rays go through the encoder of ``plucker_camera``, as the
        frames' do, and through a 1×1 convolution to the U-Net's input features: so that a network
        knows where each part of the picture lies (ours). ``none``: image-to-video as published.
    """

    reads: tuple[str, ...] = ("scene",)
    channels = (IMAGE_LATENT,)
    per_clip = True

    def __init__(
        self, size: ModelSize, rays: Literal["none", "shared"] = "none", places: str = "none"
    ) -> None:
        super().__init__(size)
        if rays not in ("none", "shared"):
            raise InputError(f"scene_image: rays {rays!r} is none of none, shared")
        self.width = size.widths[0]
        self.ray_convolution: nn.Conv2d | None = None
        if rays == "shared":
            self.uses = (CAMERA,)
            self.reads = self.reads_with(rays=rays)
        self.place_convolution: nn.Conv2d | None = None
        self.places_of = places
        if places != "none":
            self.uses = (*self.uses, places)
            self.place_convolution = input_convolution(self.width, self.width)

    @classmethod
    def reads_with(cls, **options: Any) -> tuple[str, ...]:
        if options.get("rays") == "shared":
            return (*cls.reads, "has_camera", "scene_intrinsics")
        return cls.reads

    def connect(self, others: Mapping[str, Conditioner]) -> None:
        """Raises InputError where picture and frames would not share rays or places."""
        super().connect(others)
        if self.places_of != "none":
            shared_places(others, self.places_of, self.name)
        if CAMERA in self.uses:
            camera = shared_camera(others, self.name)
            self.ray_convolution = input_convolution(camera.encoder.widths[0], self.width)

    def zero_layers(self) -> list[nn.Linear | nn.Conv2d]:
        return [c for c in (self.ray_convolution, self.place_convolution) if c is not None]

    def forward(self, clip: EncodedClip, drop: Tensor) -> Injection:
        image = clip.scene * ~drop[:, None, None, None]
        return Injection(
            channels={IMAGE_LATENT.meaning: image[:, None]},
            added=_sum(self._ray_features(clip, drop), self._place_features(clip, drop)),
        )

    def _ray_features(self, clip: EncodedClip, drop: Tensor) -> Tensor | None:
        """What the picture's rays add after the first convolution, [B, 1, C, h, w]."""
        if self.ray_convolution is None:
            return None
        camera = shared_camera(self.others, self.name)
        finest = camera.picture_features(clip, clip.has_camera & ~drop)[0]
        return self.ray_convolution(finest[:, 0])[:, None]

    def _place_features(self, clip: EncodedClip, drop: Tensor) -> Tensor | None:
        """What the picture's places add after the first convolution, [B, 1, C, h, w]."""
        if self.place_convolution is None:
            return None
        code = shared_places(self.others, self.places_of, self.name)
        features = self.place_convolution(code.of_picture(clip.scene))
        return features[:, None] * ~drop[:, None, None, None, None]


def _sum(one: Tensor | None, other: Tensor | None) -> Tensor | None:
    if one is None or other is None:
        return other if one is None else one
    return one + other
