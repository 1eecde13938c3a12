"""What every simulated sender is: a process that reads what it is to say from its standard input, line by line.

It ends when its input ends, so nothing of it is left when the director is gone. Its key comes by the environment, and
so does where the pages are, if that is elsewhere.
"""

import json
import os
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from http.client import HTTPException
from typing import Any

KEY = "MILEPOST_DEMO_KEY"
PAGES = "MILEPOST_DEMO_PAGES"
ACCOUNT_KEY = "MILEPOST_DEMO_ACCOUNT_KEY"
"""The key of a coordinator's account, where the pages let nobody in without one."""

ANSWER_SECONDS = 30
"""A server that says nothing for so long is not waited for."""

BUSY = (408, 429)
SERVER_ERROR = 500


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one thing that was said.

    `ids` are those by which the server knows it, `problem` why it did not take it, `status` what it answered: without
    one it is not known whether it did.
    """

    ids: tuple[str, ...] = ()
    problem: str | None = None
    status: int | None = None

    @property
    def is_passing(self) -> bool:
        """Whether a sender says it again: nobody answered, or the server cannot take anything now."""
        if self.problem is None:
            return False
        return self.status is None or self.status in BUSY or self.status >= SERVER_ERROR


class Refused(Exception):
    """The server did not take what was said; the message is its answer, without a status there was none."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


Say = Callable[[int, str, dict[str, Any]], tuple[str, ...]]
"""Says one thing: the moment it is now, what is done, and with what; returns the ids that the server gave, or raises
Refused."""


def run(build: Callable[[str, str], Say]) -> None:
    """Say everything that comes in, one answer for each line; `build` is given the server's address and the key."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the director's, who ends the senders in order
    socket.setdefaulttimeout(ANSWER_SECONDS)  # tincan has no limit of its own
    say = build(sys.argv[1], os.environ[KEY])
    for line in sys.stdin:
        if not line.endswith("\n"):
            return  # the director ended in the middle of a word
        order = json.loads(line)
        answers = [asdict(_tried(say, order["now"], act)) for act in order["acts"]]
        print(json.dumps(answers), flush=True)


def _tried(say: Say, now: int, act: dict[str, Any]) -> Answer:
    try:
        return Answer(say(now, act["do"], act["said"]))
    except Refused as error:
        return Answer(problem=f"{act['do']} was not taken: {error}", status=error.status)
    except (OSError, HTTPException) as error:
        return Answer(problem=f"{act['do']} was not taken: {error}")
