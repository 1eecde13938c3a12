"""What every simulated sender is: a process that reads what it is to say from its standard input, line by line.

It ends when its input ends, so nothing of it is left when the director is gone. Its key comes by the environment.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

KEY = "MILEPOST_DEMO_KEY"


class Refused(Exception):
    """The server did not take what was said; the message is its answer."""


Say = Callable[[int, str, dict[str, Any]], None]
"""Says one thing: the moment it is now, what is done, and with what; raises Refused."""


def run(build: Callable[[str, str], Say]) -> None:
    """Say everything that comes in, one answer for each line; `build` is given the server's address and the key."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the director's, who ends the senders in order
    say = build(sys.argv[1], os.environ[KEY])
    for line in sys.stdin:
        if not line.endswith("\n"):
            return  # the director ended in the middle of a word
        order = json.loads(line)
        problems = [problem for act in order["acts"] if (problem := _tried(say, order["now"], act)) is not None]
        print(json.dumps(problems), flush=True)


def _tried(say: Say, now: int, act: dict[str, Any]) -> str | None:
    try:
        say(now, act["do"], act["said"])
    except (Refused, OSError) as error:
        return f"{act['do']} was not taken: {error}"
    return None
