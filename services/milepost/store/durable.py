"""Files that are there whole or not at all, replace nothing, and are still there when the machine has died."""

import errno
import os
import secrets
from collections.abc import Callable
from pathlib import Path

NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)
"""What file systems without hard links say, as on a memory stick or a share."""

Link = Callable[[Path, Path], None]


def draft_of(file: Path) -> Path:
    """Return a name beside a file that nobody else uses, wherever they run."""
    return file.with_name(f".{file.name}.{secrets.token_hex(6)}")


def give_name(draft: Path, file: Path, *, link: Link = os.link) -> None:
    """Give a finished draft its name, durably; raise FileExistsError where something has that name."""
    _to_disk(draft)
    try:
        link(draft, file)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        _take_name(draft, file)
    draft.unlink(missing_ok=True)
    _to_disk(file.parent)


def _take_name(draft: Path, file: Path) -> None:
    """Take the name with an empty file, then put the draft in its place."""
    os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    draft.replace(file)


def _to_disk(place: Path) -> None:
    """Have the disk keep a file, or which names are in a folder."""
    descriptor = os.open(place, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # some file systems keep the names in a folder without being asked
            raise
    finally:
        os.close(descriptor)
