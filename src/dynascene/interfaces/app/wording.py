"""How the page spells the parameters that the library's messages speak of."""

import re

from dynascene.errors import PARAMETER

LABEL_OF = {
    "person": "a clip",
    "scene": "a picture",
    "matte": "a matte",
    "subject": "“Who”",
    "hints": "clicks",
    "cameras": "a camera file",
    "move": "a move",
    "stand": "“Where they stand”",
    "place": "“Shape of the place”",
    "upright": "“Things that stand”",
    "generator": "“Background by”",
    "framing": "framing",
    "light": "“Light by hand”",
}


# an article stands before the parameter already: "a `matte`" is no "a a matte"
WITH_ARTICLE = re.compile(rf"\b(an?|the) {PARAMETER.pattern}")


def spell_fields(message: str) -> str:
    """A library's message for the page: "`horizon` 7" → "“Horizon” 7"."""
    message = WITH_ARTICLE.sub(
        lambda match: f"{match[1]} {_label(match[2]).removeprefix('a ')}", message
    )
    return PARAMETER.sub(lambda match: _label(match[1]), message)


def _label(parameter: str) -> str:
    return LABEL_OF.get(parameter) or f"“{parameter.replace('_', ' ').capitalize()}”"
