"""The samples of Wan2.1-VACE along a clip: in windows, each from what those before it showed.

F frames, h w pixels of the network.
"""

import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from tempfile import TemporaryFile
from typing import IO, Any, NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from dynascene.devices import default_device
from dynascene.generation.detail import blurred, carried_on
from dynascene.generation.generators.sampling import SEED_STEP
from dynascene.generation.guide import RenderedGuide
from dynascene.generation.model_input import model_size, placed_people, stretched
from dynascene.generation.painting import FADE_SHARE
from dynascene.generation.scene_memory import choose_view, coverage
from dynascene.geometry.repainting import Paint
from dynascene.imaging.pixels import bytes_from_tensor, rounded_bytes
from dynascene.io.temporary_files import temporary_errors
from dynascene.jobs.log import Log
from dynascene.types import Size

TRAINED = Size(832, 480)
STRIDE = 16  # pixels of one token
PERIOD = 4  # frames of one latent frame, after the first
OVERLAP = 1 + PERIOD  # frames that a window is given of the one before
MOST_KEY_VIEWS = 6  # of one window that the scene memory takes up
UNSEEN = 128  # grey, as the network was trained to see what it shall fill
KNOWN = 0.5  # the network cuts masks here


class VaceFrame(NamedTuple):
    """uint8: colour [3, h, w]; visibility [1, h, w], 255 = shown by the picture; matte [1, h, w],
    255 = person."""

    colour: Tensor
    visibility: Tensor
    matte: Tensor


class WindowInput(NamedTuple):
    """What the network is given of some frames.

    video: uint8 [F, 3, h, w], the person before the guide, grey where nothing is known.
    generate_mask: uint8 [F, 1, h, w], 255 = to be generated. visibility, matte: as in a frame.
    """

    video: Tensor
    generate_mask: Tensor
    visibility: Tensor
    matte: Tensor


def window_spans(frames: int, length: int) -> list[tuple[int, int]]:
    """[start, stop) of windows of up to ``length`` frames; each begins in the one before it."""
    spans, stop = [(0, min(length, frames))], length
    while stop < frames:
        spans.append((stop - OVERLAP, min(stop - OVERLAP + length, frames)))
        stop += length - OVERLAP
    return spans


def padded_length(frames: int) -> int:
    """The least 4k + 1 that holds so many frames."""
    return PERIOD * math.ceil((frames - 1) / PERIOD) + 1


def network_size(shape: Size) -> Size:
    """A size of about the shape and pixel count of ``shape``, and no more than it was trained on.

    Sides are multiples of 16.
    """
    pixels = min(shape.width * shape.height, TRAINED.width * TRAINED.height)
    scale = math.sqrt(pixels / (shape.width * shape.height))
    return model_size(shape, Size(round(shape.width * scale), round(shape.height * scale)), STRIDE)


@dataclass
class VaceSampling:
    """The frames of one clip, drawn when they are first needed.

    load: the pipeline. embed: what to show and what not, as embeddings. length: frames of a window.
    remembers: whether what one window shows is painted into the scene memory for the next.
    """

    guide: RenderedGuide
    load: Callable[[], Any]
    embed: Callable[[Log], Sequence[Tensor]]
    steps: int
    guidance: float
    seed: int
    length: int
    remembers: bool = True
    frames: list[VaceFrame] = field(default_factory=list, init=False)

    @property
    def spans(self) -> list[tuple[int, int]]:
        """The windows."""
        return window_spans(len(self.guide.clip.track), self.length)

    @cached_property
    def size(self) -> Size:
        """Of the network's frames."""
        return network_size(self.guide.clip.track.size)

    def run(self, log: Log) -> None:
        """Draw the frames now, as stages of the log.

        Raises NoTemporaryFiles where they have no room, before anything is loaded.
        """
        if self.frames:
            return
        store = stored_frames(len(self.guide.clip.track), self.size)
        prompt, negative = self.embed(log)
        with log.stage("load weights"):
            pipeline = self.load()
        spans, frames = self.spans, list[VaceFrame]()
        with log.stage("sampling", len(spans) * self.steps) as step:
            for number, (start, stop) in enumerate(spans):
                given = self._input(start, stop)
                before = [frame.colour for frame in frames[start:]]
                if before:
                    given = with_frames(given, torch.stack(before))
                colours = self._sampled(pipeline, given, prompt, negative, number, step)
                parts = zip(colours, given.visibility, given.matte, strict=True)
                fresh = [VaceFrame(*part) for part in parts]
                for frame, place in zip(fresh[len(before) :], store[len(frames) :], strict=False):
                    frames.append(moved(frame, place))
                if self.remembers and stop < len(self.guide.clip.track):
                    self._remember(start, fresh)
        self.guide.memory.settle()
        self.frames = frames

    def _input(self, start: int, stop: int) -> WindowInput:
        """A range of frames as the scene memory shows them now."""
        track, shot = stretched(self.guide.clip.track[start:stop], self.size), self.guide.shot
        shape = self.guide.clip.track.size
        people = islice(placed_people(shot, shape, self.size, start), stop - start)
        parts: list[WindowInput] = []
        for frame, person in zip(self.guide.memory.render(track), people, strict=True):
            share, matte = coverage(frame), person[3:]
            seen = share >= KNOWN
            place = torch.where(seen, frame.colour, UNSEEN / 255)
            video = (person[:3] + matte) / 2 + (1 - matte) * place
            generate = ~seen & (matte < KNOWN)
            layers = (video, generate.float(), frame.visibility, matte)
            parts.append(WindowInput(*(rounded_bytes(layer) for layer in layers)))
        return WindowInput(*map(torch.stack, zip(*parts, strict=True)))

    def _sampled(
        self,
        pipeline: Any,
        given: WindowInput,
        prompt: Tensor,
        negative: Tensor,
        number: int,
        step: Callable[[], None],
    ) -> Tensor:
        """uint8 [F, 3, h, w] of one window."""

        def on_step(*arguments: Any) -> dict[str, Any]:
            step()
            return {}

        count = len(given.video)
        frames = padded_length(count)
        seed = (self.seed + number * SEED_STEP) % 2**63
        result = pipeline(
            video=_pictures(given.video, frames),
            mask=_pictures(given.generate_mask, frames),
            reference_images=self._references(),
            height=self.size.height,
            width=self.size.width,
            num_frames=frames,
            num_inference_steps=self.steps,
            guidance_scale=self.guidance,
            prompt_embeds=prompt.to(default_device()),
            negative_prompt_embeds=negative.to(default_device()),
            generator=torch.Generator().manual_seed(seed),
            callback_on_step_end=on_step,
            output_type="pt",
        ).frames[0]
        return rounded_bytes(result[:count].float().cpu())

    def _references(self) -> list[Image.Image] | None:
        """The scene picture; a panorama, which shows no view, is none."""
        layer = self.guide.memory.scene.layers[0]
        if layer.window is not None:
            return None
        return [Image.fromarray(bytes_from_tensor(self.guide.memory.scene.picture))]

    def _remember(self, start: int, frames: Sequence[VaceFrame]) -> None:
        """Paint into the scene memory what the window shows of the place and nothing else did."""
        memory, painted = self.guide.memory, []
        while len(painted) < MOST_KEY_VIEWS:
            views = [v for v in memory.views() if start <= v.frame < start + len(frames)]
            chosen = choose_view(views, painted)
            if chosen is None:
                return
            one = self.guide.clip.track[chosen.frame : chosen.frame + 1]
            view = stretched(one, self.size)
            (now,), (plain,) = memory.render(view), memory.render_plain(view)
            sample = frames[chosen.frame - start]
            colour, matte = (t[None].float() / 255 for t in (sample.colour, sample.matte))
            share = coverage(now)[None]
            joined = colour + carried_on(now.colour[None] - colour, share)
            blur = FADE_SHARE * self.size.width
            fresh = (2 - 2 * blurred(share, blur)).clamp(max=1)
            fresh = fresh * (1 - 8 * blurred(matte, blur)).clamp(min=0)  # the person is no place
            memory.remember(view, Paint((joined - plain.colour[None])[0], fresh[0]))
            painted.append(chosen.frame)


def stored_frames(count: int, size: Size) -> Tensor:
    """Room for the frames of a clip, uint8 [F, 5, h, w], in a file without a name.

    What is not in use leaves memory to others. The file goes with the tensor.

    Raises:
        NoTemporaryFiles: the folder of temporary files has no room, or cannot hold them.
    """
    shape = (count, 5, size.height, size.width)
    contents = f"{math.prod(shape) / 1e6:.0f} MB of sampled frames"
    with temporary_errors(contents), TemporaryFile() as file:
        _fill(file, math.prod(shape))
        return torch.from_numpy(np.memmap(file, np.uint8, "r+", shape=shape))


def _fill(file: IO[bytes], size: int) -> None:
    """Make a file so many bytes long, all of them on the disk.

    Writing into a hole of a mapped file on a full disk would kill the process.
    """
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file.fileno(), 0, size)
        return
    while size > 0:  # macOS and Windows
        size -= file.write(bytes(min(size, 2**20)))
    file.flush()


def moved(frame: VaceFrame, place: Tensor) -> VaceFrame:
    """A frame whose values lie in ``place``, [5, h, w]."""
    place.copy_(torch.cat(frame))
    return VaceFrame(place[:3], place[3:4], place[4:])


def with_frames(given: WindowInput, before: Tensor) -> WindowInput:
    """The window with its first frames uint8 [n, 3, h, w] as they were generated before."""
    count = len(before)
    mask = given.generate_mask.clone()
    mask[:count] = 0
    return given._replace(video=torch.cat([before, given.video[count:]]), generate_mask=mask)


def _pictures(frames: Tensor, length: int) -> list[Image.Image]:
    """uint8 [F, C, h, w] as pictures; the last one stands still up to ``length``."""
    arrays = [np.squeeze(frame.permute(1, 2, 0).numpy(), axis=-1) if len(frame) == 1
              else frame.permute(1, 2, 0).numpy() for frame in frames]  # fmt: skip
    return [Image.fromarray(arrays[min(k, len(arrays) - 1)]) for k in range(length)]
