"""The names of ways to read footage; light to import, so that ``--help`` lists them fast."""

from typing import Literal

Deinterlace = Literal["auto", "always", "never"]
AlphaKind = Literal["auto", "straight", "premultiplied"]
