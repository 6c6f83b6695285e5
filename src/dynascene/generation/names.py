"""The names of the generators; light, so that ``--help`` can list them."""

from typing import Literal

GeneratorName = Literal["projection", "diffusion"]
