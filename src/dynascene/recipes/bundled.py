"""The weights that come with the package, and the autoencoder of a run."""

from pathlib import Path

from diffusers.models.autoencoders.autoencoder_tiny import AutoencoderTiny

from dynascene.errors import InputError
from dynascene.generation.weights import bundled_folder
from dynascene.io.quiet_loading import quiet_loading


def load_autoencoder(folder: Path | None) -> AutoencoderTiny:
    """Load a small autoencoder in float32.

    Args:
        folder: holds one, or holds it in ``vae/``; None: the bundled weights.

    Raises:
        InputError: there is none.
    """
    base = folder or bundled_folder()
    folders = [path for path in (base / "vae", base) if (path / "config.json").is_file()]
    if not folders:
        raise InputError(
            f"{base}: holds no autoencoder; train autoencoder.small, export it and name its "
            "folder with `autoencoder`"
        )
    try:
        with quiet_loading("diffusers"):  # it warns of a config entry that it writes itself
            return AutoencoderTiny.from_pretrained(folders[0]).float().eval()
    except (OSError, ValueError) as error:
        raise InputError(f"{folders[0]}: is no whole autoencoder") from error
