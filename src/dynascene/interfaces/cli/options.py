"""How the command line spells the parameters that messages speak of."""

from dynascene.errors import PARAMETER

# parameters whose option is not their name with dashes
OPTION_OF = {
    "person": "PERSON",
    "learning_rate": "--lr",
    "start": "--from",
    "database": "--db",
    "hints": "--hint",
}


def option_of(parameter: str) -> str:
    """ "camera_scale" → "--camera-scale"."""
    return OPTION_OF.get(parameter, "--" + parameter.replace("_", "-"))


def spell_options(message: str) -> str:
    """A library's message for the command line: "`camera_scale` 0" → "--camera-scale 0"."""
    return PARAMETER.sub(lambda match: option_of(match[1]), message)
