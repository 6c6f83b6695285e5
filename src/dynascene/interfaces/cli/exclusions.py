"""Options that do not go together."""

from collections.abc import Mapping, Sequence
from typing import Any

from dynascene.errors import InputError


def drop_unset(options: Mapping[str, Any]) -> dict[str, Any]:
    """Those that were given; of the others None, no name at all, or a switch that is off tells."""
    return {k: v for k, v in options.items() if v is not None and v is not False and v != ()}


def refuse_beside(name: str, reason: str, others: Sequence[str]) -> None:
    """Refuse options that another one does not go with.

    Args:
        name: of the parameter.
        reason: why it stands alone: "measures nothing".
        others: names of parameters that were given too.

    Raises:
        InputError: there are others.
    """
    if others:
        names = " and ".join(f"`{other}`" for other in others)
        raise InputError(f"`{name}`: {reason}; leave out {names}")
