"""The npm package `@xapi/xapi`, which content sends with, as it comes, against a gateway that listens on a port."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.gateway.listening import listening
from tests.gateway.senders import World
from tests.xapi_client import client_package

SCRIPT = Path(__file__).parent / "client.cjs"


@pytest.mark.xapi_client
def test_what_the_client_does_is_answered_as_it_expects(world: World) -> None:
    with listening(world) as address:
        ran = subprocess.run(
            ["node", str(SCRIPT), str(client_package()), f"{address}/", "player", world.keys["player"]],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == {
        "ids": 2,
        "name": "Ana Alvarez",
        "parts": 1,
        "first": 2,
        "rest": 1,
        "voided": 200,
        "gone": True,
        "versions": ["1.0.0", "1.0.1", "1.0.2", "1.0.3", "2.0.0"],
        "refused": 400,
        "state": {"page": 7, "sound": True},
        "states": ["bookmark"],
        "late": 412,
        "deleted": 204,
        "person": ["mailto:ana@example.net"],
        "activity": "https://content.example.net/lockout/1",
    }
    assert len(world.facts()) == 3
