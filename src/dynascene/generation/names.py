"""The names of the generators and of places' shapes; light, so that ``--help`` can list them."""

from typing import Literal, get_args

GeneratorName = Literal["projection", "diffusion", "vace"]
PresetName = Literal["8", "12", "16", "24"]
PlaceName = Literal["ground", "box", "depth"]
HarmonyName = Literal["person", "place", "both", "none"]
PRESET_NAMES: tuple[str, ...] = get_args(PresetName)
PLACES: tuple[str, ...] = get_args(PlaceName)
HARMONIES: tuple[str, ...] = get_args(HarmonyName)
