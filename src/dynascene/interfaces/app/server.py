"""The server of the app: the page, its drawings, and the queue of jobs."""

from __future__ import annotations

import contextlib
import hmac
import os
from collections.abc import Generator
from pathlib import Path
from socket import socket

import gradio as gr
import torch
import uvicorn
from fastapi import FastAPI
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.staticfiles import StaticFiles

from dynascene.errors import InputError
from dynascene.generation.demo import demo_scene
from dynascene.interfaces import verify
from dynascene.interfaces.app.desk import Desk, VaceWeights
from dynascene.interfaces.app.page import STYLE, Page
from dynascene.interfaces.app.sessions import kept_secret
from dynascene.interfaces.app.store import JobStore
from dynascene.interfaces.app.uploads import UploadLimits
from dynascene.interfaces.app.workers import Workers
from dynascene.interfaces.listening import LOCAL_HOSTS

VERIFY_PAGE = Path(verify.__file__).parent / "page"  # its drawing of a camera's path is ours, too
LEAST_PASSWORD = 8  # characters
DATABASE, SECRET, SESSIONS, INCOMING = "jobs.sqlite", "secret", "sessions", "incoming"


@contextlib.contextmanager
def open_desk(
    folder: Path, limits: UploadLimits, at_once: int = 1, vace: VaceWeights | None = None
) -> Generator[Desk]:
    """The desk over a folder, with its jobs running.

    Raises InputError where the folder cannot be used.
    """
    folder = folder.resolve()
    try:
        (folder / SESSIONS).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{folder}: cannot be used ({error.strerror}); name another `folder`"
        ) from None
    store = JobStore(folder / DATABASE)
    workers = Workers(store, folder / SESSIONS, at_once)
    workers.start()
    try:
        yield Desk(folder / SESSIONS, store, workers, limits, vace)
    finally:
        workers.close()
        store.close()


def make_app(desk: Desk, password: str | None) -> FastAPI:
    """The application to serve.

    password: None lets everybody in who reaches the server; it must then listen on this machine
    only.
    """
    folder = desk.folder.parent
    os.environ["GRADIO_TEMP_DIR"] = str(folder / INCOMING)  # uploads, and copies of what is shown
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    if password is None:  # a foreign page whose name was made to point here must not read ours
        app.add_middleware(
            TrustedHostMiddleware, allowed_hosts=[*LOCAL_HOSTS, "[::1]"], www_redirect=False
        )
    app.mount("/verify-page", StaticFiles(directory=VERIFY_PAGE))
    return gr.mount_gradio_app(
        app,
        Page(desk, kept_secret(folder / SECRET)).blocks,
        path="/",
        auth=None if password is None else _door(password),
        auth_message="Any name, and this server's password.",
        allowed_paths=[str(desk.folder), str(demo_scene().parent)],
        max_file_size=f"{desk.limits.megabytes}mb",
        footer_links=[],
        run_history=False,
        theme=gr.themes.Default(),
        css_paths=STYLE,
    )


def serve(app: FastAPI, listening: socket) -> None:
    """Answer until the process is asked to stop."""
    torch.set_num_threads(1)  # frames of previews are small: more threads wait for each other
    config = uvicorn.Config(
        app, log_level="warning", server_header=False, timeout_graceful_shutdown=3
    )
    uvicorn.Server(config).run(sockets=[listening])


def check_password(password: str | None) -> None:
    """Raises InputError for a password that is too short."""
    if password is not None and len(password) < LEAST_PASSWORD:
        raise InputError(f"`password`: give at least {LEAST_PASSWORD} characters")


def _door(password: str):
    def admits(name: str, given: str) -> bool:
        return hmac.compare_digest(given.encode(), password.encode())

    return admits
