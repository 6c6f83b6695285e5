"""What networks are told of a clip: the fields that their conditioners read."""

from collections.abc import Iterable

from dynascene.clip_fields import encodings


def fields_read(reads_of_each: Iterable[Iterable[str]]) -> frozenset[str]:
    """The names in ``clip_fields.CLIP_FIELDS`` of all that some conditioners read.

    Args:
        reads_of_each: for each conditioner, the encodings that it reads (``Conditioner.reads``).
    """
    reads = {name for names in reads_of_each for name in names}
    return frozenset(field.name for field, encoding in encodings() if encoding.name in reads)
