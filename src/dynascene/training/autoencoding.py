"""The small autoencoder's objective: sharp pictures out of few, well-behaved numbers.

Legend: B pictures, H W pixels, h w latent grid.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import torch
import torch.nn.functional as nnf
from diffusers.models.autoencoders.autoencoder_tiny import AutoencoderTiny
from diffusers.models.autoencoders.vae import AutoencoderTinyBlock
from torch import Generator, Tensor, nn

from dynascene.models.autoencoders import Autoencoder, autoencoder_of
from dynascene.models.diffusion.noising import sample_noise
from dynascene.training.run import Examination, Objective

BANDS = 3  # of the band-pass pyramid
WINDOW = 8  # pixels over which texture is measured
ENERGY_FLOOR = 0.02  # band amplitude that is not worth matching, in units of −1 … 1


class AutoencoderObjective(Objective):
    """L1, differences of neighbours, texture energy, and unit variance of the latents.

    Args:
        vae: what is trained.
        validation_pictures: [B, 3, H, W], for ``examine`` and for the latents' scale.
        gradient, texture, spread: weights of the terms beside L1.
        latent_noise: noise on the latents, in units of their spread. It makes the decoder forgive
            the small errors that a denoiser makes.
        decoder_only: the latents stay as they are, and with them whatever was trained on them.
    """

    additive = False  # the variance of the latents is one of the whole batch

    def __init__(
        self,
        vae: AutoencoderTiny,
        validation_pictures: Callable[[], Tensor],
        *,
        gradient: float = 0.5,
        texture: float = 0.05,
        spread: float = 0.02,
        latent_noise: float = 0.05,
        decoder_only: bool = False,
    ) -> None:
        super().__init__()
        self.vae = vae.to(memory_format=torch.channels_last)
        self.validation_pictures = validation_pictures
        self.weights = {"gradient": gradient, "texture": texture, "spread": spread}
        self.latent_noise = latent_noise
        self.decoder_only = decoder_only
        if decoder_only:
            self.vae.encoder.requires_grad_(False)

    @property
    def _coder(self) -> Autoencoder:
        return autoencoder_of(self.vae)

    def trainable_parameters(self) -> dict[str, nn.Parameter]:
        return {name: p for name, p in self.named_parameters() if p.requires_grad}

    def forward(self, batch: Tensor, generators: Sequence[Generator]) -> dict[str, Tensor]:
        pictures = batch.contiguous(memory_format=torch.channels_last)
        latents = self._coder.encode(pictures).float()
        noise = sample_noise(latents, 0.0, generators)
        decoded = self._coder.decode(latents + self.latent_noise * noise).float()
        parts = {
            "l1": (decoded - pictures).abs().mean(),
            "gradient": gradient_error(decoded, pictures),
            "texture": texture_error(decoded, pictures),
            "spread": spread_error(latents),
        }
        loss = parts["l1"] + sum(self.weights[name] * parts[name] for name in self.weights)
        return {"loss": loss, **{name: part.detach() for name, part in parts.items()}}

    @torch.no_grad()
    def examine(self, seed: int) -> Examination:
        pictures = self.validation_pictures().to(self.vae.device)
        decoded = torch.cat([self._reconstruct(p) for p in pictures.split(4)])
        error = (decoded - pictures).square().mean(dim=(1, 2, 3)) / 4
        psnr = -10 * error.log10().mean()
        latents = self._latents(pictures)
        rows = torch.cat([pictures, decoded], dim=-2)[:6]
        return Examination(
            {"psnr": psnr.item(), "latent_std": latents.std().item()},
            torch.cat(list(rows), dim=-1) / 2 + 0.5,
        )

    def _reconstruct(self, pictures: Tensor) -> Tensor:
        return self._coder.decode(self._coder.encode(pictures)).float().clamp(-1, 1)

    def _latents(self, pictures: Tensor) -> Tensor:
        return torch.cat([self._coder.encode(part).float() for part in pictures.split(4)])

    def picture(self, batch: Tensor) -> Tensor:
        """The crops side by side."""
        return torch.cat(list(batch), dim=-1) / 2 + 0.5

    @torch.no_grad()
    def finish(self) -> None:
        """Measure the constants that bring latents to zero mean and unit variance."""
        if self.decoder_only:
            return
        latents = self._latents(self.validation_pictures().to(self.vae.device))
        self.vae.register_to_config(
            scaling_factor=round(1 / latents.std().item(), 4),
            shift_factor=round(latents.mean().item(), 4),
        )

    def export(self, folder: Path) -> None:
        self.vae.half().save_pretrained(folder / "vae")


# latent = OPPONENT · (RGB − ½): brightness and two colour differences, each of about unit variance
OPPONENT = ((1.3, 1.3, 1.3), (6.0, -6.0, 0.0), (-3.0, -3.0, 6.0))


@torch.no_grad()
def start_weights(vae: AutoencoderTiny) -> AutoencoderTiny:
    """Starting weights for a network without normalisation; changes and returns ``vae``.

    The network starts as a thumbnail. Three channels carry the colours through both halves,
    averaged on the way down. The fourth latent and all other channels are random, of constant
    size (He). Residual blocks start as the identity. From torch's own start the colours are learnt
    last.
    """
    for module in vae.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    for module in vae.modules():
        if isinstance(module, AutoencoderTinyBlock):
            nn.init.zeros_(_convolutions(module.conv)[-1].weight)
    colours = torch.tensor(OPPONENT)
    first, *down, to_latent = _convolutions(vae.encoder.layers)
    from_latent, *up, last = _convolutions(vae.decoder.layers)
    for convolution in (first, *up):
        _carry(convolution, torch.eye(3))
    for convolution in down:
        _carry(convolution, torch.eye(3), averaging=True)
    _carry(to_latent, colours, -colours.sum(1) / 2)
    _carry(from_latent, torch.linalg.inv(colours), torch.full((3,), 0.5))
    _carry(last, torch.eye(3))
    return vae


def _convolutions(layers: Iterable[nn.Module]) -> list[nn.Conv2d]:
    """Those between the residual blocks."""
    return [layer for layer in layers if isinstance(layer, nn.Conv2d)]


def _carry(
    convolution: nn.Conv2d, matrix: Tensor, bias: Tensor | None = None, *, averaging: bool = False
) -> None:
    """The first three outputs become matrix · the first three inputs, pixel by pixel."""
    kernel = torch.zeros(3, 3)
    if averaging:  # the two by two pixels under a cell of the smaller grid
        kernel[1:, 1:] = 0.25
    else:
        kernel[1, 1] = 1
    convolution.weight[:3] = 0
    convolution.weight[:3, :3] = matrix[:, :, None, None] * kernel
    if bias is not None and convolution.bias is not None:
        convolution.bias[:3] = bias


def gradient_error(decoded: Tensor, pictures: Tensor) -> Tensor:
    """Mean |Δ difference of neighbours| over three scales: edges in place."""
    total = decoded.new_zeros(())
    for _ in range(BANDS):
        error = decoded - pictures
        total = total + error.diff(dim=-1).abs().mean() + error.diff(dim=-2).abs().mean()
        decoded, pictures = nnf.avg_pool2d(decoded, 2), nnf.avg_pool2d(pictures, 2)
    return total / BANDS


def texture_error(decoded: Tensor, pictures: Tensor) -> Tensor:
    """Mean |log ratio| of the local band amplitudes: the same amount of texture at any place.

    A pixel-wise loss alone is least for the average of all possible textures, which is a blur. Only
    brightness counts: invented texture in colour looks like confetti.
    """
    grey = [_band_amplitudes(p.mean(dim=1, keepdim=True)) for p in (decoded, pictures)]
    pairs = zip(*grey, strict=True)
    return torch.stack([(ours.log() - true.log()).abs().mean() for ours, true in pairs]).mean()


def _band_amplitudes(pictures: Tensor) -> list[Tensor]:
    """Root mean square of each octave band over windows, one [B, C, ·, ·] per band."""
    amplitudes = []
    for _ in range(BANDS):
        smaller = nnf.avg_pool2d(pictures, 2)
        smooth = nnf.interpolate(smaller, scale_factor=2, mode="bilinear", align_corners=False)
        energy = nnf.avg_pool2d((pictures - smooth).square(), WINDOW, WINDOW // 2)
        amplitudes.append((energy + ENERGY_FLOOR**2).sqrt())
        pictures = smaller
    return amplitudes


def spread_error(latents: Tensor) -> Tensor:
    """How far each latent channel is from zero mean and unit variance over the batch."""
    mean = latents.mean(dim=(0, 2, 3))
    std = latents.std(dim=(0, 2, 3))
    return (mean.square() + (std - 1).square()).mean()
