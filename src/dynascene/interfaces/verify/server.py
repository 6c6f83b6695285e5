"""What the page asks for over HTTP, and the server that answers."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import uvicorn
from anyio.to_thread import run_sync
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from dynascene.curation.votes.store import rater_name
from dynascene.errors import InputError
from dynascene.interfaces.listening import LOCAL_HOSTS
from dynascene.interfaces.verify.board import Board
from dynascene.interfaces.verify.playable import playable_copy
from dynascene.interfaces.verify.sessions import Sessions

PAGE = Path(__file__).parent / "page"
LONGEST_REQUEST = 4096  # bytes
WRONG_TOKEN_SECONDS = 1.0  # that guessing takes
QUEUED = 8  # clips handed out at a time
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}
Answer = Callable[[Request, str], Awaitable[Response]]


class RefusalError(Exception):
    """An answer other than the one that was asked for: its status, and one line that says why."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class VerificationApp:
    """The answers. Everything but the page itself and its door wants a rater's cookie."""

    def __init__(self, board: Board, sessions: Sessions, title: str, *, points: bool) -> None:
        self.board, self.sessions, self.title, self.points = board, sessions, title, points
        self.one_at_a_time = anyio.CapacityLimiter(1)  # following points, or encoding, takes a core

    def starlette(self) -> Starlette:
        """The application to serve."""
        clip = "/api/clips/{clip}"
        routes = [
            Route("/", _page),
            Route("/api/session", self.session),
            Route("/api/session", self.enter, methods=["POST"]),
            Route("/api/session", self.leave, methods=["DELETE"]),
            Route("/api/queue", self._for_raters(self.queue)),
            Route("/api/progress", self._for_raters(self.progress)),
            Route(clip, self._for_raters(self.clip)),
            Route(f"{clip}/video", self._for_raters(self.video)),
            Route(f"{clip}/points", self._for_raters(self.clip_points)),
            Route("/api/votes", self._for_raters(self.vote), methods=["POST"]),
            Route("/api/undo", self._for_raters(self.undo), methods=["POST"]),
            Mount("/page", StaticFiles(directory=PAGE)),
        ]
        # a foreign page whose name was made to point here must not read a page without a token
        hosts = ["*"] if self.sessions.token else [*LOCAL_HOSTS, "[::1]"]
        return Starlette(
            routes=routes,
            middleware=[
                Middleware(_WithHeaders),
                Middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False),
            ],
            exception_handlers={RefusalError: _refusal, InputError: _complaint},
        )

    def _for_raters(self, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
        async def checked(request: Request) -> Response:
            rater = self.sessions.rater(request)
            if rater is None:
                raise RefusalError(401, "say who you are first")
            return await answer(request, rater)

        return checked

    async def session(self, request: Request) -> Response:
        return JSONResponse(
            {
                "rater": self.sessions.rater(request),
                "token": self.sessions.token is not None,
                "title": self.title,
                "rule": str(self.board.rule),
                "points": self.points,
            }
        )

    async def enter(self, request: Request) -> Response:
        body = await _body(request)
        if not self.sessions.admits(_text(body, "token")):
            await asyncio.sleep(WRONG_TOKEN_SECONDS)
            raise RefusalError(403, "the token is not right")
        rater = rater_name(_text(body, "name"))
        response = JSONResponse({"rater": rater})
        self.sessions.remember(response, rater, secure=request.url.scheme == "https")
        return response

    async def leave(self, request: Request) -> Response:
        response = JSONResponse({})
        self.sessions.forget(response)
        return response

    async def queue(self, request: Request, rater: str) -> Response:
        return JSONResponse(await run_sync(self.board.queue, rater, QUEUED))

    async def progress(self, request: Request, rater: str) -> Response:
        return JSONResponse(await run_sync(self.board.progress, rater))

    async def clip(self, request: Request, rater: str) -> Response:
        clip = self._clip(request.path_params["clip"])
        votes = await run_sync(self.board.votes.votes_of, rater)
        description = await run_sync(self.board.clips.described, clip)
        return JSONResponse(description | {"choice": votes.get(clip)})

    async def video(self, request: Request, rater: str) -> Response:
        clip = self._clip(request.path_params["clip"])
        video = await run_sync(self.board.clips.video, clip)
        if "playable" in request.query_params:  # the page could not play it as it is
            video = await run_sync(playable_copy, video, limiter=self.one_at_a_time)
        return FileResponse(video)

    async def clip_points(self, request: Request, rater: str) -> Response:
        clip = self._clip(request.path_params["clip"])
        if not self.points:
            raise RefusalError(404, "points are not shown")
        follow = self.board.clips.points
        return JSONResponse(await run_sync(follow, clip, limiter=self.one_at_a_time))

    async def vote(self, request: Request, rater: str) -> Response:
        body = await _body(request)
        clip, choice = self._clip(_text(body, "clip")), _text(body, "choice")
        await run_sync(self.board.votes.vote, clip, rater, choice)
        return JSONResponse({"clip": clip, "choice": choice})

    async def undo(self, request: Request, rater: str) -> Response:
        await _body(request)
        clip = await run_sync(self.board.votes.undo, rater)
        return JSONResponse({"clip": clip and self.board.clips.ids.get(clip)})

    def _clip(self, identity: str) -> str:
        name = self.board.clips.name_of(identity)
        if name is None:
            raise RefusalError(404, "there is no such clip")
        return name


class _WithHeaders:
    """Adds to each answer what keeps browsers careful."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        private = scope.get("path", "").startswith("/api/")
        caching = "no-store" if private and not scope["path"].endswith("/video") else "no-cache"
        added = [
            (k.encode(), v.encode()) for k, v in (HEADERS | {"cache-control": caching}).items()
        ]

        async def send_more(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *added]
            await send(message)

        await self.app(scope, receive, send_more)


async def _page(request: Request) -> Response:
    return FileResponse(PAGE / "index.html")


async def _body(request: Request) -> dict[str, Any]:
    """The JSON object of a request. Forms of foreign pages cannot send this content type."""
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        raise RefusalError(415, "send application/json")
    length = request.headers.get("content-length", "")
    if not length.isdigit() or int(length) > LONGEST_REQUEST:
        raise RefusalError(413, f"send at most {LONGEST_REQUEST} bytes")
    try:
        body = json.loads(await request.body())
    except (ValueError, RecursionError):
        raise RefusalError(400, "this is no JSON") from None
    if not isinstance(body, dict):
        raise RefusalError(400, "send an object")
    return body


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name, "")
    # JSON can escape half of a surrogate pair, which no database and no answer can hold
    if not isinstance(value, str) or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise RefusalError(400, f"{name} must be text")
    return value


async def _refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, RefusalError)
    return JSONResponse({"error": str(error)}, error.status)


async def _complaint(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, 422)


def serve(app: VerificationApp, listening: socket.socket) -> None:
    """Answer until the process is asked to stop."""
    config = uvicorn.Config(app.starlette(), log_level="warning", server_header=False)
    uvicorn.Server(config).run(sockets=[listening])
