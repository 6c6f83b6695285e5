"""Networks that are loaded whole or not at all."""

from typing import Any

from diffusers.models.modeling_utils import ModelMixin

from dynascene.io.checkpoints import check_loading_info


class StrictModel(ModelMixin):
    """A diffusers model whose weights must have its keys and shapes."""

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path: Any, **kwargs: Any) -> Any:
        """As in diffusers, but a missing or unknown key raises InputError."""
        wants_info = kwargs.pop("output_loading_info", False)
        loaded: Any = super().from_pretrained(
            pretrained_model_name_or_path, output_loading_info=True, **kwargs
        )
        model, info = loaded
        check_loading_info(info, str(pretrained_model_name_or_path))
        return (model, info) if wants_info else model
