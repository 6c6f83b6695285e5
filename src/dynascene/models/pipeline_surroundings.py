"""What users of diffusers expect around the call of a pipeline."""

from collections.abc import Mapping
from dataclasses import asdict
from os import PathLike
from pathlib import Path
from typing import Any

from diffusers.pipelines.pipeline_utils import DiffusionPipeline
from torch import Tensor

from dynascene.models.denoiser import Denoiser
from dynascene.models.model_card import write_card, write_loader
from dynascene.models.motion_lora import read_motion_lora
from dynascene.models.systems.system import System


class PublishedPipeline(DiffusionPipeline):
    """A pipeline with motion LoRAs, whose folders hold a card and load by diffusers alone.

    Attributes:
        denoiser: the network.
        system: what it is a network of; None = of none.
    """

    denoiser: Denoiser
    _guidance_scale: float = 1.0
    _num_timesteps: int = 0
    _interrupt: bool = False

    @property
    def system(self) -> System | None:
        raise NotImplementedError

    @property
    def guidance_scale(self) -> float:
        """Of the call in progress, or the last one."""
        return self._guidance_scale

    @property
    def num_timesteps(self) -> int:
        """Steps of the call in progress, or the last one; those of all clips of a chain."""
        return self._num_timesteps

    @property
    def interrupt(self) -> bool:
        """Whether the steps that are left are to be left out."""
        return self._interrupt

    @property
    def motion_loras(self) -> dict[str, float]:
        """Scale of each motion LoRA that is loaded, by name."""
        return dict(self.denoiser.motion_loras.scales)

    def load_lora_weights(
        self,
        source: str | Path | Mapping[str, Tensor],
        adapter_name: str | None = None,
        *,
        weight_name: str | None = None,
        scale: float = 1.0,
    ) -> None:
        """Add a motion LoRA of AnimateDiff to the weights; several add up.

        Args:
            source: a file, a folder or hub id that holds one, or its named tensors.
            adapter_name: its name from now on; None: a number.
            weight_name: of the file in a folder.
            scale: how much of it is added.

        Raises:
            InputError: it is missing, is none, or does not fit the network.
        """
        name = adapter_name or f"lora_{len(self.motion_loras)}"
        changes = read_motion_lora(source, weight_name)
        self.denoiser.motion_loras.add(self.denoiser.unet, name, changes, scale)

    def unload_lora_weights(self) -> None:
        """Remove all motion LoRAs: the weights are what they were, to the bit."""
        self.denoiser.motion_loras.remove(self.denoiser.unet)

    def save_pretrained(self, save_directory: str | PathLike, *args: Any, **kwargs: Any) -> None:
        """As in diffusers; the folder gets a card and the line by which diffusers loads it."""
        super().save_pretrained(str(save_directory), *args, **kwargs)
        self._write_surroundings(Path(save_directory))

    def _upload_folder(self, working_dir: str | PathLike, *args: Any, **kwargs: Any) -> Any:
        """diffusers writes an empty card before it uploads: ours takes its place."""
        self._write_surroundings(Path(working_dir))
        return super()._upload_folder(working_dir, *args, **kwargs)

    def _write_surroundings(self, folder: Path) -> None:
        write_loader(folder)
        config: Any = self.config
        source = Path(config.get("_name_or_path") or "")
        system = self.system
        write_card(
            folder,
            source if source.is_dir() and source != Path() else None,
            "dynascene" if system is None else system.name,
            None if system is None or system.paper is None else asdict(system.paper),
            () if system is None else system.departures_of(self.denoiser),
            [f"motion LoRA {name}, scale {scale:g}" for name, scale in self.motion_loras.items()],
        )
