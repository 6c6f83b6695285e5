"""``dynascene app``."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

from tyro.conf import arg

from dynascene.errors import InputError
from dynascene.extras import installation, require
from dynascene.interfaces.cli.arguments import optional

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
    limits = UploadLimits(megabytes=megabytes, frames=most_frames)
    with listen(host, port) as listening, open_desk(folder, limits, jobs) as desk:
        application = make_app(desk, password)
        address = f"[{host}]" if ":" in host else host
        say(f"http://{address}:{listening.getsockname()[1]}/ (Ctrl-C ends)")
        sys.stdout.flush()  # a script that reads the address must not wait for the end
        serve(application, listening)


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
