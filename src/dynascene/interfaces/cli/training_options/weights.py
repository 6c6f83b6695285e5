"""What is said of the weights that a run starts from."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

from tyro.conf import arg

from dynascene.interfaces.cli.arguments import optional


@dataclass(frozen=True, kw_only=True)
class WeightOptions:
    """What the run starts from.

    Args:
        start: weights to start from: a run, exported weights, or random (default: public weights
            for sd15, fresh ones else; a second stage asks for the run of its first).
        autoencoder: folder of a trained small autoencoder (default: the bundled one).
    """

    start: Annotated[
        str | None, arg(name="from", metavar="RUN|WEIGHTS|random", help_behavior_hint="")
    ] = None
    autoencoder: Annotated[Path | None, optional("DIR")] = None

    def settings(self) -> dict[str, Any]:
        """As ``Settings`` takes them."""
        return asdict(self)
