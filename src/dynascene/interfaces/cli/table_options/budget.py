"""What is said of the rows and of what they are trained on."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from dynascene.interfaces.cli.arguments import optional


@dataclass(frozen=True, kw_only=True)
class BudgetOptions:
    """The rows, and the budget that each is trained with.

    Args:
        size: of the networks. micro trains on rendered clips alone; small and sd15 train the
            paper's stages.
        rows: recipes of the rows, of each the last stage's (default: all of the size; at micro
            Tables 3 and 4 in our variant alone).
        steps: length of every row's training, in all its stages (default: the recipes').
        imagery: folder of photographs with a MANIFEST.tsv, to train and to measure on (default:
            $DYNASCENE_TRAINING_DATA, else procedural pictures).
        clips: folders or URLs of filmed clips that stages train on (default: rendered clips).
    """

    size: Literal["micro", "small", "sd15"] = "micro"
    rows: Annotated[tuple[str, ...], optional("RECIPE…")] = ()
    steps: Annotated[int | None, optional("N")] = None
    imagery: Annotated[Path | None, optional("DIR")] = None
    clips: Annotated[tuple[str, ...], optional("DIR|URL…")] = ()

    def settings(self) -> dict[str, Any]:
        """As ``ReproductionRequest`` takes them."""
        from dynascene.models.sizes import SIZES

        return {
            "size": SIZES[self.size],
            "steps": self.steps,
            "imagery": self.imagery,
            "clips": self.clips,
        }
