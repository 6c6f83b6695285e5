"""Synthetic shots on the latent grid, kept on disk: making one costs as much as a training step.

Legend: B clips, F frames, h w latent grid.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from dynascene.clip_fields import CLIP_FIELDS, OF_THE_PACKAGE, encodings
from dynascene.io.checkpoints import read_tensors, write_tensors
from dynascene.models.autoencoders import autoencoder_of, channels_last
from dynascene.models.image_encoder import encoder_input
from dynascene.models.latents import encode_images, encode_plainly, latent_stride
from dynascene.synthetic.shots.dataset import SyntheticShots
from dynascene.training_batch import StoredClip, TrainingBatch, collate
from dynascene.types import Size

VERSION = 3  # of the world and of what is stored; another one makes the clips anew


class EncodedShots:
    """``SyntheticShots`` as stored latents; a clip that is not there yet is made and written.

    A clip is a dict of tensors without a batch axis, by the stored names of ``clip_fields``,
    float16 but for the cameras (float32). ``video`` and ``background`` differ where the person is;
    ``picture`` [3, 72, 128] in −1 … 1 is for the image encoder.
    The folder under ``cache`` is named after the shots and the encoder's weights, so that clips of
    different ones never mix. Several processes may use it at once.
    """

    def __init__(self, shots: SyntheticShots, vae: nn.Module, cache: Path) -> None:
        self.shots = shots
        self.vae = channels_last(vae)
        self.folder = cache / self._fingerprint()

    def _fingerprint(self) -> str:
        shots = self.shots
        digest = hashlib.sha256()
        kind = (VERSION, shots.split, tuple(shots.size), shots.frames, shots.seed)
        digest.update(repr((kind, sorted(shots.worlds.items()), shots.person_share)).encode())
        digest.update(shots.library.identity().encode())
        if further := sorted(CLIP_FIELDS.keys() - OF_THE_PACKAGE):
            digest.update(repr(further).encode())
        autoencoder = autoencoder_of(self.vae)
        digest.update(repr((autoencoder.scale, autoencoder.shift)).encode())
        for name, tensor in sorted(autoencoder.encoder.state_dict().items()):
            digest.update(name.encode() + tensor.float().cpu().numpy().tobytes())
        return digest.hexdigest()[:16]

    @property
    def size(self) -> Size:
        return self.shots.size

    def path(self, number: int) -> Path:
        return self.folder / f"{number:07d}.safetensors"

    def clip(self, number: int) -> dict[str, Tensor]:
        """A clip by its number, from the disk or made now."""
        path = self.path(number)
        if path.is_file():
            return read_tensors(path)
        tensors = encode_shot(collate([self.shots[number]]), self.vae)
        write_tensors(tensors, path)
        return tensors


@torch.no_grad()
def encode_shot(shot: TrainingBatch, vae: nn.Module) -> dict[str, Tensor]:
    """One shot in pixels (B = 1) as ``EncodedShots`` stores it.

    Stretches without a person cost nothing.
    """
    tensors = {**shot.clip, **shot.targets}
    del tensors["has_camera"]  # ``ClipSamples`` draws for each piece whether it is told
    with torch.autocast(tensors["matte"].device.type, torch.bfloat16):
        stored = _encode_latents(tensors, vae)
    stride = latent_stride(vae)
    for field, encoding in encodings():
        if field.name not in tensors or encoding.kind == "latent":
            continue
        tensor = tensors[field.name]
        if encoding.kind == "tokens":
            stored[encoding.stored_name] = encoder_input(tensor)
        else:
            stored[encoding.stored_name] = encode_plainly(tensor, encoding.kind, stride)
    numbers = {e.stored_name for _, e in encodings() if e.kind in ("numbers", "flags")}
    return {k: t[0] if k in numbers else t[0].half() for k, t in stored.items()}


def _encode_latents(tensors: Mapping[str, Tensor], vae: nn.Module) -> dict[str, Tensor]:
    """What the autoencoder makes of the fields; each frame without a person is encoded once."""
    person = tensors["matte"].amax(dim=(2, 3, 4)) > 0
    nobody = encode_images(vae, torch.zeros_like(tensors["scene_image"]))[:, None]
    latents: dict[str, Tensor] = {}
    fields = {f.name: (f, e) for f, e in encodings() if e.kind == "latent" and f.name in tensors}
    for name, (field, encoding) in sorted(fields.items()):  # the background before the video
        images = tensors[name]
        if field.empty_without_person or name == "video":
            empty = nobody if field.empty_without_person else latents["background"]
            latent = empty.expand(-1, images.shape[1], -1, -1, -1).clone()
            if person.any():
                latent[person] = encode_images(vae, images[person])
        else:
            latent = encode_images(vae, images)
        latents[encoding.stored_name] = latent
    return latents


@dataclass(frozen=True, kw_only=True)
class Pool:
    """From which clips a sample is drawn: a window that moves on as training does.

    Args:
        clips: how many are in use at a time.
        first: how many there are at the start.
        uses: how often a clip is used on average before the next new one comes in.
    """

    clips: int = 1500
    first: int = 32
    uses: int = 8

    def window(self, index: int) -> range:
        """The numbers of the clips from which sample ``index`` is drawn."""
        stop = self.first + index // self.uses
        return range(max(0, stop - self.clips), stop)


class ClipSamples(Dataset[dict[str, Tensor]]):
    """Training samples: pieces of encoded clips, the same for the same seed and index.

    A sample takes every 1st, 2nd or 3rd frame of a part of its clip, forwards or backwards.

    Args:
        open_clips: makes the source; called once.
        batch: how many samples in a row share a length.
        lengths: frames of a sample; they take turns.
        pool: from which clips a sample is drawn.
        seed: another one gives other samples.
        no_camera: share of samples with the null camera.
    """

    def __init__(
        self,
        open_clips: Callable[[], EncodedShots],
        *,
        batch: int,
        lengths: Sequence[int],
        pool: Pool,
        seed: int,
        no_camera: float = 0.05,
    ) -> None:
        self.clips = open_clips()
        self.batch, self.lengths, self.pool, self.seed = batch, tuple(lengths), pool, seed
        self.no_camera = no_camera

    def __len__(self) -> int:
        return 2**31  # drawn, not enumerated

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        rng = np.random.default_rng([self.seed, index])
        window = self.pool.window(index)
        clip = self.clips.clip(int(rng.integers(window.start, window.stop)))
        length = self.lengths[index // self.batch % len(self.lengths)]
        frames = random_frames(rng, len(clip["foreground"]), length)
        by_frame = {e.stored_name for _, e in encodings() if e.per_frame}
        piece = {k: v[frames] if k in by_frame else v for k, v in clip.items()}
        return piece | {"has_camera": torch.tensor(bool(rng.random() >= self.no_camera))}


def random_frames(rng: np.random.Generator, total: int, length: int) -> Tensor:
    """Indices of ``length`` frames in a constant stride of ±1, ±2 or ±3, as far as there are."""
    length = min(length, total)
    strides = [s for s in (1, 2, 3) if (length - 1) * s < total]
    stride = int(rng.choice(strides))
    start = int(rng.integers(total - (length - 1) * stride))
    frames = torch.arange(length) * stride + start
    return frames.flip(0) if rng.random() < 0.5 else frames


class ClipBudget:
    """Stacks samples up to a budget of frames: long samples make a small batch, but at least 1."""

    def __init__(self, frames: int) -> None:
        self.frames = frames

    def __call__(self, samples: Sequence[dict[str, Tensor]]) -> TrainingBatch:
        """[F, …] each → [B, F, …], float32."""
        first_few = samples[: max(1, self.frames // len(samples[0]["foreground"]))]
        tensors = {name: torch.stack([s[name] for s in first_few]) for name in first_few[0]}
        exact = {k: v if v.dtype == torch.bool else v.float() for k, v in tensors.items()}
        names = {e.stored_name for field, e in encodings() if field.target}
        return TrainingBatch(
            clip=StoredClip(**{k: v for k, v in exact.items() if k not in names}),
            targets={k: v for k, v in exact.items() if k in names},
        )
