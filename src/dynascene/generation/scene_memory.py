"""Scene memory: the place of one shot, painted once for all of its frames.

The canvas holds the scene picture and its continuation. A network may paint over the continuation
in a few key views along the track (painting.py); every frame, in whatever window and at whatever
visit, then sees the same paint.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from torch import Tensor

from dynascene.generation.model_input import stretched
from dynascene.geometry.around import paint_panorama
from dynascene.geometry.canvas import SceneCanvas, paint_canvas
from dynascene.geometry.card_canvas import paint_card
from dynascene.geometry.lifting import LiftedScene
from dynascene.geometry.projection import GuideFrame, layer_shares, render_guide, window_for_track
from dynascene.geometry.repainting import Paint, repaint
from dynascene.geometry.surface import Surface
from dynascene.types import CameraTrack, Size

COARSE = Size(48, 27)  # enough to tell how much of a view is known
MOST_CANDIDATES = 48  # frames of the track among which key views are chosen
LEAST_NEW = 0.005  # of a view: to reveal less is not worth a key view
MOST_NEW = 0.5  # likewise: the most that outpainting was trained to add to a picture
BESIDE = 2  # candidates to either side of a painted frame that see what it saw
WIDER = 1.08  # a key view than its frame, so that nothing is left unknown at the frame's border


class KeyView(NamedTuple):
    """A frame of the track, and the share of it that is still unknown, 0 … 1."""

    frame: int
    unknown: float


@dataclass
class SceneMemory:
    """The canvases of a scene, as large and as fine as a track in the scene's world needs them.

    They are painted from the picture when they are first needed.
    """

    scene: LiftedScene
    track: CameraTrack
    _plain: list[SceneCanvas] = field(default_factory=list, init=False, repr=False)
    _canvases: list[SceneCanvas] = field(default_factory=list, init=False, repr=False)

    def render(self, track: CameraTrack, *, with_paint: bool = True) -> Iterator[GuideFrame]:
        """The place as it is remembered, along any part of the track and at any size.

        with_paint: whether frames tell where they are painted.
        """
        canvases = self._painted()
        if not with_paint:
            canvases = [canvas.without_paint() for canvas in canvases]
        return render_guide(track, self._surfaces(), canvases)

    def render_plain(self, track: CameraTrack) -> Iterator[GuideFrame]:
        """The place as it was before anything was painted."""
        return render_guide(track, self._surfaces(), self._unpainted())

    def remember(self, view: CameraTrack, paint: Paint) -> None:
        """Write back what was painted in one view; what was known before stays as it is.

        Frames that are still to come of a rendering begun before are as they were.
        """
        canvases, surfaces = self._painted(), self._surfaces()
        shares = layer_shares(view, surfaces, canvases, 0)
        layers = zip(self._unpainted(), surfaces, shares, strict=True)
        self._canvases = [
            repaint(canvas, plain, surface, view, paint, share)
            for canvas, (plain, surface, share) in zip(canvases, layers, strict=True)
        ]

    def settle(self) -> None:
        """Let go of the place as it was before anything was painted: no more will be painted."""
        self._plain = []

    def views(self) -> list[KeyView]:
        """How much is unknown in frames all along the track: candidates for key views."""
        step = -(-len(self.track) // MOST_CANDIDATES)
        candidates = range(0, len(self.track), step)
        coarse = stretched(self.track[::step], COARSE)
        unknown = [1 - float(coverage(frame).mean()) for frame in self.render(coarse)]
        return [KeyView(*pair) for pair in zip(candidates, unknown, strict=True)]

    def _surfaces(self) -> list[Surface]:
        return [layer.surface for layer in self.scene.stack]

    def _painted(self) -> list[SceneCanvas]:
        if not self._canvases:
            self._canvases = list(self._unpainted())
        return self._canvases

    def _unpainted(self) -> list[SceneCanvas]:
        if not self._plain:
            window = window_for_track(self.track, self.scene.surface)
            cards = [
                paint_card(card, self.scene.camera, window.density) for card in self.scene.cards
            ]
            layers = [
                paint_canvas(layer.picture, self.scene.camera, window, surface=layer.surface)
                if layer.window is None
                else paint_panorama(layer.picture, layer.window, window)
                for layer in self.scene.layers
            ]
            self._plain = [*cards, *layers]
        return self._plain


def key_view(track: CameraTrack, frame: int) -> CameraTrack:
    """The camera of one frame of a track, with a slightly wider view on as many pixels."""
    wider = track.intrinsics[frame : frame + 1].clone()
    middle = wider.new_tensor(track.size) / 2
    wider[:, 0, 0] /= WIDER
    wider[:, 1, 1] /= WIDER
    wider[:, :2, 2] = middle + (wider[:, :2, 2] - middle) / WIDER
    return CameraTrack(track.cam_from_world[frame : frame + 1], wider, track.size)


def choose_view(views: Sequence[KeyView], painted: Collection[int]) -> KeyView | None:
    """The view that shows most of what is not known yet; None when none is worth painting.

    Views of which more than half is unknown wait until others have come nearer to them. What a
    painted frame still leaves unknown (torn edges, slopes along the line of sight) cannot be
    painted from there, nor from the frames next to it: those count for what they show beyond it.

    views: all candidates. painted: the frames painted so far.
    """
    left = {k: view.unknown for k, view in enumerate(views) if view.frame in painted}

    def is_worth_it(number: int, view: KeyView) -> bool:
        beside = range(number - BESIDE, number + BESIDE + 1)
        return view.unknown > LEAST_NEW + max((left[k] for k in beside if k in left), default=0.0)

    worth = [view for number, view in enumerate(views) if is_worth_it(number, view)]
    if not worth:
        return None
    joined = [view for view in worth if view.unknown <= MOST_NEW]
    if not joined:
        return min(worth, key=lambda view: view.unknown)
    return max(joined, key=lambda view: view.unknown)


def coverage(frame: GuideFrame) -> Tensor:
    """[1, H, W], 1 where the picture shows the place or a key view has painted it."""
    if frame.painted is None:
        return frame.visibility
    return (frame.visibility + frame.painted).clamp(max=1)
