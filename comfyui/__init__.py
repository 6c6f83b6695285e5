"""dynascene's nodes for ComfyUI. The folder is linked or copied into ``custom_nodes``."""

from .extension import comfy_entrypoint

__all__ = ["comfy_entrypoint"]
