"""The lines of a process: each is JSON, and none of them speaks of what was chosen."""

import json
import subprocess
import sys

from milepost.runtimes.local.ports import free_port

SENDING = """
import sys
from milepost.broker.outbox import NotDelivered, Outbox
from milepost.runtimes.logs import set_up_logs
from milepost.settings import Settings
from milepost_schemas.topics import Topic

set_up_logs("info")
with Outbox(Settings(kafka=sys.argv[1]), "archive", seconds=0.5) as outbox:
    outbox.send(Topic.FACTS, 0, None, b"")
    try:
        outbox.settle()
    except NotDelivered:
        pass
"""


def test_a_process_that_sends_says_that_kafka_is_away_and_nothing_of_its_settings() -> None:
    sending = subprocess.run(
        [sys.executable, "-c", SENDING, f"127.0.0.1:{free_port()}"], capture_output=True, text=True, check=True
    )

    lines = [json.loads(line)["event"] for line in sending.stderr.splitlines()]
    assert any("Connection refused" in line for line in lines)
    assert not any("CONFWARN" in line for line in lines)
