"""What the small denoisers' recipes share: encoded synthetic shots, and one pass over them."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from importlib.resources import files
from pathlib import Path

from diffusers.models.autoencoders.autoencoder_tiny import AutoencoderTiny
from diffusers.utils import logging
from torch import float32, nn

from dynascene.datasets.synthetic.shots import ShotBatch, SyntheticShots, collate
from dynascene.errors import InputError
from dynascene.models.denoiser import Denoiser
from dynascene.models.image_encoder import SmallImageEncoder
from dynascene.models.sizes import SMALL
from dynascene.training.clips import ClipBudget, ClipSamples, EncodedShots, Pool
from dynascene.training.denoising import DenoisingObjective, Target
from dynascene.training.run import Optimiser, Run, Settings

BATCH = 3  # clips of 8 frames; as many frames as one clip of 24
LENGTHS = (8, 8, 24)  # frames: motion is learnt from short clips, long ones teach the whole window
EXAMINED = (3, 8)  # clips, frames


def small_denoising_run(
    name: str,
    settings: Settings,
    denoiser: Callable[[], Denoiser],
    trained: Callable[[Denoiser], list[nn.Parameter]],
    *,
    target: Target,
    noise_offset: float,
    guidance: float,
    steps: int,
) -> Run:
    """A run of size ``small``; what differs between systems comes in as arguments."""
    cache = settings.cache or settings.out / "clips"
    batch = settings.batch or BATCH

    def open_clips() -> EncodedShots:
        shots = SyntheticShots(
            "train", SMALL.resolution, SMALL.frames, settings.seed, folder=settings.data
        )
        return EncodedShots(shots, load_autoencoder(settings.autoencoder), cache)

    def objective() -> DenoisingObjective:
        network = denoiser()
        return DenoisingObjective(
            network,
            SmallImageEncoder(network.size.token_width),
            load_autoencoder(settings.autoencoder),
            trained(network),
            partial(_unseen, settings),
            target=target,
            noise_offset=noise_offset,
            guidance=guidance,
        )

    return Run(
        name=name,
        settings=settings,
        objective=objective,
        samples=lambda: ClipSamples(
            open_clips, batch=batch, lengths=LENGTHS, pool=Pool(), seed=settings.seed
        ),
        collate=ClipBudget(batch * min(LENGTHS)),
        # 30 times the paper's 1e-5: a small network from scratch, not a large one kept close to
        # where it was
        optimiser=Optimiser(
            learning_rate=settings.learning_rate or 3e-4, warmup=200, weight_decay=0.01
        ),
        steps=settings.steps or steps,
        batch=batch,
        ema=0.999,  # a thousand steps long; not in the paper
        log_every=10,
        checkpoint_every=100,
        examine_every=500,
    )


@lru_cache(maxsize=1)
def _unseen(settings: Settings) -> ShotBatch:
    clips, frames = EXAMINED
    shots = SyntheticShots("val", SMALL.resolution, frames, folder=settings.data)
    return collate([shots[index] for index in range(clips)])


def bundled_weights() -> Path:
    """The folder of the weights that come with the package; it may be missing in a checkout."""
    return Path(str(files("dynascene") / "weights" / "small"))


def load_autoencoder(folder: Path | None) -> AutoencoderTiny:
    """The autoencoder under ``folder`` (its ``vae/`` or itself), None = the bundled one; float32.

    Raises InputError when there is none.
    """
    base = folder or bundled_weights()
    found = [path for path in (base / "vae", base) if (path / "config.json").is_file()]
    if not found:
        raise InputError(
            f"{base}: holds no autoencoder; train autoencoder.small, export it and name its "
            "folder with --autoencoder"
        )
    level = logging.get_verbosity()
    logging.set_verbosity_error()  # it warns of a config entry that it writes itself
    try:
        return AutoencoderTiny.from_pretrained(found[0], torch_dtype=float32).eval()
    except (OSError, ValueError) as error:
        raise InputError(f"{found[0]}: is no whole autoencoder") from error
    finally:
        logging.set_verbosity(level)
