"""Regional compilation: a model's repeated blocks become graphs, the rest stays as it is."""

from typing import Any

import torch
from diffusers.models.modeling_utils import ModelMixin

GRAPHS_OF_A_BLOCK = 4  # with and without gradients, and for sizes that change


class CompiledByBlocks(ModelMixin):
    """A model of diffusers whose transformer and residual blocks compile without a break."""

    _repeated_blocks = ("BasicTransformerBlock", "ResnetBlock2D")

    def compile_repeated_blocks(self, *args: Any, **kwargs: Any) -> None:
        """Compile every block in place; ``fullgraph=True`` holds.

        Blocks of one class differ in widths and readers, so each may need graphs of its own. Torch
        limits them for one function and in all, in the whole process; both limits are raised by
        that many.

        Args:
            args, kwargs: of ``torch.compile``.
        """
        names = [type(module).__name__ for module in self.modules()]
        graphs = GRAPHS_OF_A_BLOCK * sum(name in self._repeated_blocks for name in names)
        limits: Any = torch._dynamo.config
        limits.recompile_limit += graphs
        limits.accumulated_recompile_limit += graphs
        super().compile_repeated_blocks(*args, **kwargs)
