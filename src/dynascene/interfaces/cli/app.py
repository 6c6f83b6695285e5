"""``dynascene app``."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import arg

from dynascene.errors import InputError
from dynascene.extras import installation, require
from dynascene.interfaces.cli.arguments import OptionalPreset, optional

if TYPE_CHECKING:
    from dynascene.interfaces.app.desk import VaceWeights

PASSWORD_VARIABLE = "DYNASCENE_APP_PASSWORD"
LEAST_GRADIO = (6, 31)


def app(
    *,
    host: Annotated[str, arg(metavar="H")] = "127.0.0.1",
    port: Annotated[int, arg(metavar="P")] = 8018,
    password: Annotated[str | None, optional("WORD")] = None,
    folder: Annotated[Path, arg(metavar="DIR")] = Path("dynascene-app"),
    megabytes: Annotated[int, arg(metavar="N")] = 500,
    most_frames: Annotated[int, arg(metavar="N")] = 1500,
    jobs: Annotated[int, arg(metavar="N")] = 1,
    vace_weights: Annotated[str | None, optional("PATH|HUB_ID")] = None,
    preset: OptionalPreset = None,
) -> None:
    """Cut out, place and render in the browser: a page in five steps, served until Ctrl-C.

    Clips, jobs and results lie in the folder and are there again after a restart. Several people
    can work at once; their jobs take turns.

    Args:
        host: address to listen at; any but this machine's own needs a password.
        port: 0 takes a free one.
        password: lets people in (default: $DYNASCENE_APP_PASSWORD, which other users of the machine
            cannot read; else none).
        folder: where everything is kept.
        megabytes: the largest file that is taken.
        most_frames: of a clip that are used at once.
        jobs: how many run side by side.
        vace_weights: offer the generator vace with these public weights (default: those of 1.3B, if
            they were fetched before).
        preset: the gigabytes of the GPU that vace is to fit.
    """
    check_gradio()
    from dynascene.interfaces.app.server import (
        check_password,
        make_app,
        open_desk,
        serve,
    )
    from dynascene.interfaces.app.uploads import UploadLimits
    from dynascene.interfaces.cli.display import say
    from dynascene.interfaces.listening import check_host, listen

    password = password or os.environ.get(PASSWORD_VARIABLE) or None
    for name, value, least in (("port", port, 0), ("megabytes", megabytes, 1),
                               ("most_frames", most_frames, 1), ("jobs", jobs, 1)):  # fmt: skip
        if value < least:
            raise InputError(f"`{name}` {value}: must be at least {least}")
    check_password(password)
    check_host(host, password, "password")
    vace = _public_weights(vace_weights, preset)
    limits = UploadLimits(megabytes=megabytes, frames=most_frames)
    with listen(host, port) as listening, open_desk(folder, limits, jobs, vace) as desk:
        application = make_app(desk, password)
        address = f"[{host}]" if ":" in host else host
        say(f"http://{address}:{listening.getsockname()[1]}/ (Ctrl-C ends)")
        sys.stdout.flush()  # a script that reads the address must not wait for the end
        serve(application, listening)


def _public_weights(name: str | None, preset: str | None) -> VaceWeights | None:
    """The weights that the generator vace is offered with; None where there are none.

    Raises InputError where those that were named are not whole, or any do not fit the preset.
    """
    from dynascene.generation.clip import GenerationOptions
    from dynascene.generation.vace_weights import check_vace, fetched_weights
    from dynascene.interfaces.app.desk import VaceWeights

    folder = name or fetched_weights()
    if folder is None:
        if preset is not None:
            raise InputError("`preset`: is for the generator vace; give `vace_weights`")
        return None
    check_vace(GenerationOptions(generator="vace", weights=folder, preset=preset))
    return VaceWeights(folder, preset)


def check_gradio() -> None:
    """Raises InputError where the extra is missing or too old."""
    require("app", "app")
    installed = version("gradio")
    if tuple(int(part) for part in installed.split(".")[:2]) < LEAST_GRADIO:
        least = ".".join(map(str, LEAST_GRADIO))
        raise InputError(
            f"app needs gradio {least} or newer, and {installed} is installed: "
            f"{installation('app')}"
        )


COMMANDS = {"app": app}
