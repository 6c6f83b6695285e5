"""Clip fields of a test's own."""

from collections.abc import Generator
from contextlib import contextmanager

from dynascene.clip_fields import CLIP_FIELDS, ClipField, register_clip_field


@contextmanager
def registered_clip_field(field: ClipField) -> Generator[ClipField]:
    """``register_clip_field`` for a while."""
    register_clip_field(field)
    try:
        yield field
    finally:
        del CLIP_FIELDS[field.name]
