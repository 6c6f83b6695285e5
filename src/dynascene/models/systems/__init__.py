"""The systems by name. To add one, copy actanywhere.py and name it in SYSTEMS (CONTRIBUTING)."""

from dynascene.errors import InputError
from dynascene.models.systems.actanywhere import ACTANYWHERE
from dynascene.models.systems.animateanywhere import ANIMATEANYWHERE
from dynascene.models.systems.cameractrl import CAMERACTRL
from dynascene.models.systems.disentangled import DISENTANGLED
from dynascene.models.systems.dynascene import DYNASCENE
from dynascene.models.systems.motionctrl import MOTIONCTRL
from dynascene.models.systems.system import System

SYSTEMS: dict[str, System] = {
    system.name: system
    for system in (DYNASCENE, ACTANYWHERE, CAMERACTRL, MOTIONCTRL, ANIMATEANYWHERE, DISENTANGLED)
}


def register_system(system: System) -> None:
    """Add a system that is defined outside this package.

    Raises:
        InputError: its name is taken.
    """
    if system.name in SYSTEMS:
        raise InputError(f"system {system.name!r}: there is one of this name already")
    SYSTEMS[system.name] = system


def find_system(name: str, origin: str = "") -> System:
    """The system that saved weights name.

    Args:
        name: as in the denoiser's config.
        origin: file that holds the name, for the message.

    Raises:
        InputError: no system of this name is registered.
    """
    if name not in SYSTEMS:
        place = f"{origin}: " if origin else ""
        raise InputError(f"{place}system {name!r} is unknown; known: {', '.join(SYSTEMS)}")
    return SYSTEMS[name]
