"""OpenGL without a window: one context per process, made when first needed."""

import os
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from dynascene.errors import InputError, first_line
from dynascene.extras import require
from dynascene.synthetic.solid.shaders import (
    DEPTH_FRAGMENT,
    SHADE_FRAGMENT,
    SURFACE_FRAGMENT,
    SURFACE_VERTEX,
)

if TYPE_CHECKING:
    import moderngl

SAMPLES = 4
SOFTWARE = ("llvmpipe", "softpipe", "swrast")


class Graphics:
    """A context, its programs and frame buffers, and what has been uploaded to it.

    Raises:
        InputError: moderngl is not installed, or OpenGL does not start.
    """

    def __init__(self) -> None:
        # Mesa's threads would be missing in the workers that a loader forks
        os.environ.setdefault("LP_NUM_THREADS", "0")
        require("synthetic", "the solid world", ["moderngl"])
        import moderngl

        settings: dict[str, Any] = {"backend": "egl"}
        try:
            self.context = moderngl.create_standalone_context(require=330, **settings)
        except Exception as error:  # moderngl and glcontext raise nothing narrower
            reason = first_line(error)
            raise InputError(
                f"solid world: OpenGL does not start through EGL ({reason}); install the packages"
                " libegl1 and libgl1-mesa-dri (Debian, Ubuntu), or leave this world out"
            ) from error
        self.context.gc_mode = "auto"
        self.process = os.getpid()
        self.samples = min(SAMPLES, self.context.max_samples)
        self.uploaded: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()
        self.surface = self.context.program(SURFACE_VERTEX, SURFACE_FRAGMENT)
        self.shade = self.context.program(SURFACE_VERTEX, SHADE_FRAGMENT)
        self.depth = self.context.program(SURFACE_VERTEX, DEPTH_FRAGMENT)
        self._buffers: dict[tuple[str, int, int], moderngl.Framebuffer] = {}

    @property
    def in_software(self) -> bool:
        """Whether the CPU draws."""
        return any(name in self.context.info["GL_RENDERER"] for name in SOFTWARE)

    def colour_buffer(self, width: int, height: int, *, samples: int) -> "moderngl.Framebuffer":
        """A frame buffer of half-float colour and depth, made once per size.

        Args:
            width, height: pixels.
            samples: per pixel; with 0 it can be read, else it must be resolved into one with 0.

        Returns:
            The buffer.
        """
        buffer = self._buffers.get((f"colour{samples}", width, height))
        if buffer is None:
            size, context = (width, height), self.context
            buffer = context.framebuffer(
                context.renderbuffer(size, 4, samples=samples, dtype="f2"),
                context.depth_renderbuffer(size, samples=samples),
            )
            self._buffers[f"colour{samples}", width, height] = buffer
        return buffer

    def depth_buffer(self, width: int, height: int) -> "moderngl.Framebuffer":
        """A frame buffer of one float per pixel, made once per size."""
        buffer = self._buffers.get(("depth", width, height))
        if buffer is None:
            size, context = (width, height), self.context
            buffer = context.framebuffer(
                context.renderbuffer(size, 1, dtype="f4"), context.depth_renderbuffer(size)
            )
            self._buffers["depth", width, height] = buffer
        return buffer


_process_graphics: Graphics | None = None


def graphics() -> Graphics:
    """This process's graphics. A forked process starts its own.

    Returns:
        The same object at every call.

    Raises:
        InputError: OpenGL does not start, or the process was forked from one that uses a GPU.
    """
    global _process_graphics
    before = _process_graphics
    if before is not None and before.process == os.getpid():
        return before
    if before is not None:
        if not before.in_software:
            raise InputError(
                "solid world: OpenGL on a GPU cannot be used in a process forked from one that"
                " uses it; start the workers first, or with multiprocessing_context='spawn'"
            )
        manual: Any = None
        before.context.gc_mode = manual  # its objects belong to the parent
        _parent_graphics.append(before)
    _process_graphics = Graphics()
    return _process_graphics


_parent_graphics: list[Graphics] = []  # kept: releasing them here would touch the parent's context
