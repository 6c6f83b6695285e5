"""What networks are told of a clip: the fields that their conditioners read."""

from collections.abc import Iterable

from dynascene.clip_fields import encodings
from dynascene.models.conditioners.base import Conditioner


def fields_read(conditioners: Iterable[Conditioner | type[Conditioner]]) -> frozenset[str]:
    """The names in ``clip_fields.CLIP_FIELDS`` of all that some conditioners read."""
    reads = {name for conditioner in conditioners for name in conditioner.reads}
    return frozenset(field.name for field, encoding in encodings() if encoding.name in reads)
