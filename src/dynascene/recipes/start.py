"""The weights that a run starts from: public ones, fresh ones, or those of another run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from torch import Tensor, nn

from dynascene.errors import InputError
from dynascene.models.denoiser import Denoiser
from dynascene.models.image_encoder import SmallImageEncoder
from dynascene.models.pretrained import load_exactly, load_pipeline, pipeline_from_public_weights
from dynascene.models.sd15 import clip_vision_l14, sd15_autoencoder
from dynascene.recipes.bundled import load_autoencoder
from dynascene.training.state import checkpoint_folders, load_checkpoint

FRESH = "random"  # as --from


class Components(NamedTuple):
    """What stands around a denoiser."""

    vae: Any
    image_encoder: nn.Module


def starting_point(denoiser: Denoiser, start: str | None, autoencoder: Path | None) -> Components:
    """Fill a denoiser, and give the components that go with it.

    start: a run's folder (its averaged weights), exported weights (a folder or hub id), "random",
    or None: for size sd15 the public weights that the paper starts from, else fresh ones.
    autoencoder: of small networks that start fresh; None = the bundled one.

    Raises InputError when nothing is there, or it belongs to another network.
    """
    large = denoiser.size.name == "sd15"
    if start is None and large:
        pipeline = pipeline_from_public_weights(denoiser)
        return Components(pipeline.vae, pipeline.image_encoder)
    if start in (None, FRESH):
        return _fresh(denoiser, large, autoencoder)
    if checkpoint_folders(Path(str(start))):
        components = _fresh(denoiser, large, autoencoder)
        saved = load_checkpoint(checkpoint_folders(Path(str(start)))[-1])
        weights = {**saved.weights, **saved.average}
        parts = {"denoiser": denoiser, **components._asdict()}
        for name, part in parts.items():
            load_exactly(part, _under(weights, name), f"{start} ({name})")
        return components
    pipeline = load_pipeline(str(start))
    load_exactly(denoiser, pipeline.denoiser.state_dict(), str(start))
    return Components(pipeline.vae.float(), pipeline.image_encoder.float())


def _fresh(denoiser: Denoiser, large: bool, autoencoder: Path | None) -> Components:
    if large:
        return Components(sd15_autoencoder(), clip_vision_l14())
    return Components(load_autoencoder(autoencoder), SmallImageEncoder(denoiser.size.token_width))


def _under(weights: Mapping[str, Tensor], name: str) -> dict[str, Tensor]:
    """The tensors of one component, without its name. Raises InputError when there are none."""
    found = {k.removeprefix(f"{name}."): v for k, v in weights.items() if k.startswith(f"{name}.")}
    if not found:
        raise InputError(f"the checkpoint to start from holds no {name}: it is of another recipe")
    return found
