"""Who is asking: a shared token lets raters in, and a signed cookie remembers their names."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets

from starlette.requests import Request
from starlette.responses import Response

from dynascene.curation.votes.store import rater_name
from dynascene.errors import InputError

LEAST_TOKEN = 8  # characters
KEPT_SECONDS = 30 * 24 * 3600


class Sessions:
    """Makes and checks cookies.

    token: None lets everybody in who reaches the server; it must then listen on this machine only.
    Raises InputError for a token that is too short.
    """

    def __init__(self, token: str | None, port: int) -> None:
        if token is not None and len(token) < LEAST_TOKEN:
            raise InputError(f"`token`: give at least {LEAST_TOKEN} characters")
        self.token = token
        self.cookie = f"dynascene_verify_{port}"  # browsers share cookies between ports
        secret = secrets.token_bytes() if token is None else token.encode()
        self._key = hashlib.sha256(b"dynascene verify\0" + secret).digest()

    def admits(self, token: str) -> bool:
        """Whether this is the token, in a time that does not tell how much of it is right."""
        return self.token is None or hmac.compare_digest(token.encode(), self.token.encode())

    def remember(self, response: Response, rater: str, *, secure: bool) -> None:
        """Set the cookie. secure: the page came over HTTPS."""
        name = base64.urlsafe_b64encode(rater.encode()).decode()
        response.set_cookie(
            self.cookie,
            f"{name}.{self._signature(name)}",
            max_age=KEPT_SECONDS,
            httponly=True,
            samesite="strict",
            secure=secure,
        )

    def forget(self, response: Response) -> None:
        """Take the cookie away."""
        response.delete_cookie(self.cookie, httponly=True, samesite="strict")

    def rater(self, request: Request) -> str | None:
        """The name in the cookie; None without one, or where it is not ours."""
        name, _, signature = request.cookies.get(self.cookie, "").partition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(name).encode()):
            return None
        try:
            return rater_name(base64.urlsafe_b64decode(name).decode())
        except (binascii.Error, UnicodeDecodeError, InputError):
            return None

    def _signature(self, name: str) -> str:
        return hmac.new(self._key, name.encode(), hashlib.sha256).hexdigest()
