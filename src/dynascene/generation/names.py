"""The names of the generators and of places' shapes; light, so that ``--help`` can list them."""

from typing import Literal, get_args

GeneratorName = Literal["projection", "diffusion"]
PlaceName = Literal["ground", "box", "depth"]
PLACES: tuple[str, ...] = get_args(PlaceName)
