"""Seeds of random numbers."""

from dynascene.errors import InputError

LARGEST_SEED = 2**62  # generators take 64 bits, and some seeds have a frame's number added


def check_seed(seed: int) -> None:
    """Raises InputError for a seed that random generators do not take."""
    if not 0 <= seed <= LARGEST_SEED:
        raise InputError(f"`seed` {str(seed)[:20]}: give a whole number, 0 to {LARGEST_SEED}")
