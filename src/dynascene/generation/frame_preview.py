"""Single frames of previews, one after another, while a user moves sliders.

What a change does not touch stays: another light or shadow needs no new place, another place no new
reading of the clip (see ``stand_in``), and the width of a move's view is looked for once.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np

from dynascene.errors import InputError
from dynascene.generation.clip import GeneratedClip
from dynascene.generation.finishing import finished_frames
from dynascene.generation.inputs import Inputs
from dynascene.generation.look.look_input import LookInput
from dynascene.generation.look.preparation import prepare_look
from dynascene.generation.preview import open_preview
from dynascene.generation.request import GenerationRequest
from dynascene.generation.request_check import check_request
from dynascene.geometry.cards import Upright
from dynascene.geometry.intrinsics import fov_from_focal
from dynascene.jobs.log import Log, notices_of_reading


class PreviewFrame(NamedTuple):
    """One frame of a preview.

    Attributes:
        picture: uint8 [H, W, 3], the composite.
        horizon: height of the place's horizon, 0 = top, 1 = bottom.
        notices: what the full run would tell.
        uprights: things of the picture that stand, in the request's order.
    """

    picture: np.ndarray
    horizon: float
    notices: tuple[str, ...]
    uprights: tuple[Upright, ...] = ()


@dataclass
class _OpenedPreview:
    """A preview without its look, which may change."""

    request: GenerationRequest
    inputs: Inputs
    clip: GeneratedClip
    notices: list[str]


@dataclass
class FramePreviewer:
    """Makes preview frames of one user's requests, one at a time."""

    _opened: _OpenedPreview | None = None
    _views: dict[GenerationRequest, float] = field(default_factory=dict)

    def __call__(self, request: GenerationRequest, share: float) -> PreviewFrame:
        """A frame of the preview of a request.

        share: where in the clip, 0 = its first frame, 1 = its last.

        Raises InputError for anything that the user can mend.
        """
        if request.person is None:
            raise InputError("a preview frame needs a `person`")
        check_request(request)
        log = Log()
        with TemporaryDirectory() as folder, notices_of_reading(log):
            opened = self._open(replace(request, look=LookInput()), Path(folder))
            whole = replace(opened.request, look=request.look)
            inputs, clip = opened.inputs, opened.clip
            look = prepare_look(whole, inputs, clip, Path(folder), log, is_preview=True)
            number = round(share * (len(inputs.shot) - 1))
            frames = finished_frames(inputs.shot, clip, look)
            picture = next(done.composite for k, done in enumerate(frames) if k == number)
        camera = inputs.scene.camera
        horizon = camera.horizon / camera.size.height
        notices = (*opened.notices, *log.notices)
        return PreviewFrame(picture, horizon, notices, inputs.uprights)

    def _open(self, request: GenerationRequest, folder: Path) -> _OpenedPreview:
        """The preview of a request; the last one again where nothing has changed."""
        if self._opened is not None and self._opened.request == request:
            return self._opened
        log = Log()
        with notices_of_reading(log):
            inputs, clip = open_preview(self._with_view(request), folder, log)
        if request.camera.move is not None:
            cameras = inputs.shot.cameras
            fov = fov_from_focal(float(cameras.intrinsics[0, 0, 0]), cameras.size)
            self._views = {_without_place(request): fov}
        self._opened = _OpenedPreview(request, inputs, clip, log.notices)
        return self._opened

    def _with_view(self, request: GenerationRequest) -> GenerationRequest:
        """The request with the width of view that its move was given before."""
        fov = self._views.get(_without_place(request))
        if fov is None or request.camera.fov is not None:
            return request
        return replace(request, camera=replace(request.camera, fov=fov))


def _without_place(request: GenerationRequest) -> GenerationRequest:
    """What a move's view is kept for: all but what sliders change of the place."""
    place = replace(request.place, horizon=None, stand=None, person_scale=1.0)
    return replace(request, place=place)
