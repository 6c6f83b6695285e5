"""What the page does for one session: it calls the library, and keeps what was chosen."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dynascene.errors import InputError
from dynascene.generation.demo import demo_scene
from dynascene.generation.frame_preview import FramePreviewer, PreviewFrame
from dynascene.generation.generate import check_generator
from dynascene.generation.place_input import read_scene
from dynascene.generation.request_check import check_request
from dynascene.generation.stand_in import make_stand_in, with_stand_in
from dynascene.interfaces.app.drafts import TRACK, VACE, Draft
from dynascene.interfaces.app.examples import write_example
from dynascene.interfaces.app.store import Job, JobStore, Kind
from dynascene.interfaces.app.uploads import UploadLimits, check_clip, check_length, take_file
from dynascene.interfaces.app.wording import spell_fields
from dynascene.interfaces.app.workers import Workers
from dynascene.interfaces.verify.playable import browser_copy
from dynascene.io.atomic import write_text
from dynascene.io.excerpt import excerpt, open_excerpt_matte
from dynascene.io.file_state import state_of
from dynascene.io.frames import open_frames
from dynascene.io.keyframes import MOTION_KEYS
from dynascene.io.text import read_json
from dynascene.types import FrameSource

UPLOADS = "uploads"
PREVIEWERS = 16  # sessions whose last preview is kept


@dataclass(frozen=True)
class VaceWeights:
    """Weights of the generator vace: a folder or hub id, and the preset that they are held by."""

    weights: str
    preset: str | None = None


@dataclass
class Desk:
    """Everything that the page's events need.

    Attributes:
        folder: of all sessions.
        store, workers: drafts and jobs.
        limits: of uploads.
        vace: the public video weights that can be chosen; None: there are none.
    """

    folder: Path
    store: JobStore
    workers: Workers
    limits: UploadLimits = field(default_factory=UploadLimits)
    vace: VaceWeights | None = None
    _previewers: dict[str, tuple[FramePreviewer, threading.Lock]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    # ---- the clip

    def take_clip(self, session: str, upload: Path) -> Draft:
        """A new clip; what was chosen for the one before goes.

        Raises InputError where it is no clip, or the limits say no.
        """
        return self._adopt_clip(session, self._take(session, upload))

    def take_example(self, session: str) -> Draft:
        """The clip, the camera and the picture of the demonstration."""
        example = write_example(self.folder / "example")
        self._adopt_clip(session, example.clip)
        return self.store.change(session, **example.choices)

    def _adopt_clip(self, session: str, clip: Path) -> Draft:
        try:
            count = check_clip(clip, self.limits)
        except InputError:
            if self.folder / session in clip.parents:
                clip.unlink()
            raise
        part = (0, self.limits.frames) if count > self.limits.frames else None
        before = self.store.draft(session)
        place = ("scene", "horizon", "upright", "shape")
        names = (*place, "generator", "weights", "preset", "prompt")
        carried = {name: getattr(before, name) for name in names}
        return self.store.change(session, **{**vars(Draft(clip=str(clip), frames=part)), **carried})

    def choose_frames(self, session: str, part: tuple[int, int] | None) -> Draft:
        """Which frames of the clip are used; a matte and a camera that were made go.

        Raises InputError where the clip has them not, or they are too many.
        """
        draft = self.store.draft(session)
        count = len(open_frames(Path(_clip(draft))))
        check_length(count, part, self.limits)
        if part == draft.frames:
            return draft
        return self.store.change(session, frames=part, matte=None, tracked=None, hints=())

    def frames_of(self, draft: Draft) -> FrameSource:
        """The clip's frames in use. Raises InputError where there is no clip."""
        clip = Path(_clip(draft))
        return excerpt(open_frames(clip), draft.frames, clip)

    def choose(self, session: str, **changes: Any) -> Draft:
        """Change fields of the draft; the draft as it is then."""
        return self.store.change(session, **changes)

    def shown_video(self, session: str, video: Path) -> Path:
        """A video that browsers play, or its copy that they do.

        Raises InputError where it is damaged.
        """
        return browser_copy(video, self.folder / session / "playable")

    # ---- files

    def take(self, session: str, name: str, upload: Path) -> Draft:
        """A file for a field of the draft: ``matte``, ``camera_file`` or ``scene``.

        Raises InputError where it cannot serve.
        """
        place = self._take(session, upload)
        try:
            if name == "matte":
                draft = self.store.draft(session)
                open_excerpt_matte(place, open_frames(Path(_clip(draft))), draft.frames)
            if name == "scene":
                read_scene(place)
        except InputError:
            place.unlink()
            raise
        changes: dict[str, Any] = {name: str(place)}
        if name == "scene":
            changes |= {"horizon": None, "stand": None, "upright": (), "shape": None}
        return self.store.change(session, **changes)

    def _take(self, session: str, upload: Path) -> Path:
        return take_file(upload, self.folder / session / UPLOADS, self.limits)

    def write_keyframes(self, session: str, rows: Sequence[Sequence[Any]]) -> Draft:
        """Keyframes from a table: a frame, then one column for each of MOTION_KEYS.

        Each table has a file of its own, so that a job that waits keeps the keyframes of its time.

        Raises InputError where a cell is no finite number, or a frame is not whole.
        """
        keyframes = [
            _keyframe(number, row) for number, row in enumerate(rows, start=1) if _is_full(row)
        ]
        if not keyframes:
            raise InputError("fill in at least one row of the table: a frame, and how far to move")
        text = json.dumps({"keyframes": keyframes}, indent=1)
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        path = self.folder / session / f"keyframes-{digest}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, text)
        return self.store.change(session, keyframes=str(path))

    def read_keyframes(self, draft: Draft) -> list[list[Any]]:
        """The rows of the table that ``write_keyframes`` has written; cells may be empty.

        Raises InputError where the file is gone.
        """
        entries = read_json(Path(str(draft.keyframes)))["keyframes"]
        return [[entry.get(name, "") for name in ("frame", *MOTION_KEYS)] for entry in entries]

    # ---- jobs

    def start(self, session: str, kind: Kind) -> Job:
        """Put a job into the queue.

        Raises InputError for choices that cannot be met, before anything waits.
        """
        draft = self.store.draft(session)
        check_length(len(open_frames(Path(_clip(draft)))), draft.frames, self.limits)
        if kind == "render" and draft.generator == VACE:  # they may have changed since
            if self.vace is None:
                raise InputError("`generator` vace: this server has no weights of it any more")
            draft = self.store.change(session, **vars(self.vace))
            if Path(self.vace.weights).is_dir():  # a prompt may need parts that it lacks
                check_generator(draft.request().options)
        if kind == "render":
            draft.request()
        else:
            draft.person()
        if kind == "matte":
            self.store.change(session, matte=None)
        job = self.store.add(session, kind)
        self.workers.wake()
        return job

    def cancel(self, session: str, kind: Kind) -> None:
        """Stop a session's newest job of a kind."""
        job = self.store.last_job(session, kind)
        if job is not None:
            self.workers.cancel(job.id)

    def forget(self, session: str) -> None:
        """Stop a session's jobs and remove all that belongs to it."""
        for kind in ("matte", "track", "render"):
            self.cancel(session, kind)
        self.store.change(session, **vars(Draft()))
        shutil.rmtree(self.folder / session, ignore_errors=True)

    # ---- preview

    def preview(self, session: str, share: float) -> PreviewFrame:
        """The frame of the preview at a share of the clip.

        Raises InputError where something is missing, or a choice cannot be met.
        """
        draft = self.store.draft(session)
        request = draft.request()
        if draft.camera == TRACK and draft.tracked is None:
            raise InputError("track the camera first (step Camera), or choose a move")
        check_request(request)  # before a long clip is read
        camera = [request.camera.file, *request.camera.scale_sources.values()]
        states = [(path, state_of(path)) for path in camera if path is not None]
        identity = repr((request.person, states, request.frames))
        key = hashlib.sha256(identity.encode()).hexdigest()[:16]
        stand_in = self.folder / session / "stand-ins" / key
        previewer, lock = self._previewer(session)
        with lock:
            if not stand_in.is_dir():
                stand_in.parent.mkdir(parents=True, exist_ok=True)
                make_stand_in(request, stand_in)
            return previewer(with_stand_in(request, stand_in), share)

    def _previewer(self, session: str) -> tuple[FramePreviewer, threading.Lock]:
        with self._lock:
            mine = self._previewers.pop(session, None) or (FramePreviewer(), threading.Lock())
            self._previewers[session] = mine
            while len(self._previewers) > PREVIEWERS:
                del self._previewers[next(iter(self._previewers))]
        return mine

    @contextmanager
    def complaints(self) -> Generator[list[str]]:
        """What an InputError within says, for the page; empty where none comes."""
        lines: list[str] = []
        try:
            yield lines
        except InputError as error:
            lines.append(self.for_page(str(error)))

    def for_page(self, text: str) -> str:
        """A message in the page's words, without the server's folders."""
        for folder in (*self.folder.glob("*/"), demo_scene().parent):
            text = text.replace(f"{folder / UPLOADS}/", "").replace(f"{folder}/", "")
        if self.vace is not None:
            text = text.replace(self.vace.weights, Path(self.vace.weights).name)
        return spell_fields(text)


def _clip(draft: Draft) -> str:
    if draft.clip is None:
        raise InputError("there is no clip yet: drop one in the step Clip")
    return draft.clip


def _is_full(row: Sequence[Any]) -> bool:
    return bool(row) and row[0] not in (None, "")


def _keyframe(number: int, row: Sequence[Any]) -> dict[str, float]:
    try:
        cells = {
            name: float(cell)
            for name, cell in zip(("frame", *MOTION_KEYS), row, strict=False)
            if cell not in (None, "")
        }
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"row {number} of the table: a cell is no number") from None
    for name, value in cells.items():
        if not math.isfinite(value):
            raise InputError(f"row {number} of the table: {name} {value:g} is no finite number")
    if cells["frame"] % 1:
        raise InputError(
            f"row {number} of the table: frame {cells['frame']:g} must be a whole number"
        )
    return cells | {"frame": int(cells["frame"])}
