"""How a process looks after its memory while it works: seldom, and never again at what it was started with."""

import gc

YOUNG_OBJECTS = 50_000
"""After how many new objects the collector looks for circles: a batch has thousands, and hardly any are in one."""


def settle() -> None:
    """Take what was made until now as made for good: looking through it again costs the slowest requests most."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)
