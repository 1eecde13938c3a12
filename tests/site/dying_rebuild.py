"""`milepost rebuild --records` by a process that dies in the middle: `python dying_rebuild.py records|outputs NUMBER`.

It dies when it has written so many records, or said so much of what they show.
"""

import os
import signal
import sys
from typing import Any

from milepost.broker.outbox import Outbox
from milepost.cli import main

METHODS = {"records": "keep", "outputs": "send"}


def die_after(what: str, number: int) -> None:
    """Have the process die with a number of records, or outputs, acknowledged."""
    stock = getattr(Outbox, METHODS[what])
    left = [number]

    def send(outbox: Any, *rest: Any) -> None:
        if what == "outputs" and rest[0] == "catalog" and rest[2] == b"hold/records":
            stock(outbox, *rest)
            return
        if not left[0]:
            outbox.settle()
            os.kill(os.getpid(), signal.SIGKILL)
        left[0] -= 1
        stock(outbox, *rest)

    setattr(Outbox, METHODS[what], send)


if __name__ == "__main__":
    die_after(sys.argv[1], int(sys.argv[2]))
    sys.exit(main(["rebuild", "--records"]))
