"""The weights that a run starts from: public ones, random ones, or those of another run."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensor

from dynascene.errors import InputError
from dynascene.models.autoencoders import SpaceToDepth, same_encoder
from dynascene.models.denoiser import Denoiser
from dynascene.models.image_encoder import SmallImageEncoder
from dynascene.models.pretrained import load_exactly, load_pipeline, pipeline_from_public_weights
from dynascene.models.sd15 import clip_vision_l14, sd15_autoencoder
from dynascene.models.sizes import MICRO, SD15
from dynascene.models.systems.system import System
from dynascene.recipes.bundled import load_autoencoder
from dynascene.training.run import FRESH, Settings
from dynascene.training.state import checkpoint_folders, load_checkpoint

OWN_AUTOENCODERS: Mapping[str, Callable[[], nn.Module]] = {
    SD15.name: sd15_autoencoder,
    MICRO.name: SpaceToDepth,
}
"""By size; the others have one that was trained."""


class Components(NamedTuple):
    """The networks beside a denoiser."""

    vae: nn.Module
    image_encoder: nn.Module


def require_start(recipe: str, before: str | None, settings: Settings) -> None:
    """Refuse a run that goes on from another one, where nothing says from which.

    Args:
        recipe: the run's.
        before: the recipe that it goes on from; None: it starts by itself.
        settings: the run's.

    Raises:
        InputError: ``settings.start`` is missing.
    """
    # a run that has begun is resumed and exported as it was started
    has_weights = settings.start is not None or checkpoint_folders(settings.out)
    if before is not None and not has_weights:
        raise InputError(
            f"{recipe}: goes on from a run of {before}: give that run with `start`, "
            f"or {FRESH!r} to begin with fresh weights"
        )


def starting_point(
    system: System,
    denoiser: Denoiser,
    start: str | None,
    autoencoder: Path | None,
    added: tuple[str, ...] = (),
) -> Components:
    """Load a denoiser's first weights, and return the networks beside it.

    Args:
        system: whose own first weights are used where ``start`` is None.
        denoiser: changed in place.
        start: a run's folder (its averaged weights), exported weights (a folder or hub id),
            "random", or None: the system's first weights of this size, else random ones.
        autoencoder: of small networks with random weights; None: the bundled one.
        added: beginnings of the names of the denoiser's weights that ``start`` lacks: they stay as
            they are.

    Raises:
        InputError: there are no such weights, or they belong to another network.
    """
    size = denoiser.size.name
    if size in OWN_AUTOENCODERS and autoencoder is not None:
        raise InputError(f"`autoencoder`: size {size} has its own, so there is none to choose")
    if isinstance(next(denoiser.parameters()), FakeTensor):
        start = FRESH  # it is counted and has no numbers
    public = system.first_weights.get(denoiser.size.name)
    if public is not None:  # whatever the start: what goes on from it has its gates
        denoiser.open_gates(learn=False)
    if start is None and public is not None:
        pipeline = pipeline_from_public_weights(
            denoiser,
            public.stable_diffusion,
            public.motion,
            public.clip,
            layout=public.layout,
            unread=public.unread,
        )
        return Components(pipeline.vae, pipeline.image_encoder)
    if start in (None, FRESH):
        return _fresh(denoiser, autoencoder)
    if checkpoint_folders(Path(str(start))):
        components = _fresh(denoiser, autoencoder)
        _fill_from_run(Path(str(start)), denoiser, components, added)
    else:
        pipeline = load_pipeline(str(start))
        weights = _completed(denoiser, pipeline.denoiser.state_dict(), added)
        load_exactly(denoiser, weights, str(start))
        components = Components(pipeline.vae.float(), pipeline.image_encoder.float())
        if autoencoder is None:
            return components  # whole in itself
    # a run holds an autoencoder's weights, but not the scale of its latents
    own = size in OWN_AUTOENCODERS
    if not own and not same_encoder(components.vae, load_autoencoder(autoencoder)):
        raise InputError(
            f"{start}: was trained with another autoencoder; name that one with `autoencoder`"
        )
    return components


def _fill_from_run(
    run: Path, denoiser: Denoiser, components: Components, added: tuple[str, ...]
) -> None:
    """The averaged weights of a run's newest checkpoint."""
    checkpoint = load_checkpoint(checkpoint_folders(run)[-1])
    weights = {**checkpoint.weights, **checkpoint.average}
    for name, part in {"denoiser": denoiser, **components._asdict()}.items():
        if part.state_dict():  # folded pixels have no weights
            own = _under(weights, name)
            if part is denoiser:
                own = _completed(denoiser, own, added)
            load_exactly(part, own, f"{run} ({name})")


def _completed(
    denoiser: Denoiser, weights: Mapping[str, Tensor], added: tuple[str, ...]
) -> dict[str, Tensor]:
    """Weights with the denoiser's own, where they are ``added`` and missing."""
    own = {k: v for k, v in denoiser.state_dict().items() if added and k.startswith(added)}
    return {**own, **weights}


def _fresh(denoiser: Denoiser, autoencoder: Path | None) -> Components:
    size = denoiser.size
    own = OWN_AUTOENCODERS.get(size.name)
    vae = load_autoencoder(autoencoder) if own is None else own()
    encoder = clip_vision_l14() if size.name == SD15.name else SmallImageEncoder(size.token_width)
    return Components(vae, encoder)


def _under(weights: Mapping[str, Tensor], name: str) -> dict[str, Tensor]:
    """The tensors of one component, without its prefix; InputError where there are none."""
    tensors = {
        k.removeprefix(f"{name}."): v for k, v in weights.items() if k.startswith(f"{name}.")
    }
    if not tensors:
        raise InputError(f"the checkpoint to start from holds no {name}: it is of another recipe")
    return tensors
