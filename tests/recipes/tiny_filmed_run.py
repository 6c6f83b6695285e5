"""One step of stage II at a tiny size, as torchrun starts it: OUT AUTOENCODER."""

import sys
from dataclasses import replace
from pathlib import Path

from tiny_denoiser import TINY

from dynascene.recipes import filmed, find_recipe
from dynascene.training.run import Settings
from dynascene.training.trainer import train

if __name__ == "__main__":
    out, autoencoder = map(Path, sys.argv[1:])
    filmed.RENDERED_SHOTS = (1, 2)
    system, stage, _ = find_recipe("dynascene.small.stage2").args  # ty: ignore[unresolved-attribute]
    schedule = replace(stage.schedules["small"], steps=1, batch=1, frames=3)
    settings = Settings(out=out, autoencoder=autoencoder, start="random")
    run = filmed.filmed_run(
        system,
        replace(stage, schedules={"small": schedule}),
        replace(TINY, name="small"),
        settings,
    )
    train(run, out)
