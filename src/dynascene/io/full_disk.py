"""What the system says where a disk takes no more."""

import errno

# EFBIG: the shell limits the size of files. EROFS: disks with faults become read-only
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)


def is_full(error: BaseException) -> bool:
    """Whether the system or a library that writes says with an error that a disk takes no more."""
    return getattr(error, "errno", None) in FULL


def full_disk_line(error: OSError) -> str:
    """One line for such an error of a job whose file is not known."""
    return (
        f"no room on the disk of `out` or of temporary files ({error.strerror}): free some, or "
        "name another `out` or TMPDIR"
    )
