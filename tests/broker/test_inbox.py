"""Members of a group: what becomes of one that the group never answers."""

from contextlib import closing

import pytest

from milepost.broker.failing import BrokerAway
from milepost.broker.inbox import REJOINING_SECONDS, Inbox
from milepost.runtimes.local.ports import free_port
from milepost.settings import Settings
from milepost_schemas.topics import Topic


def test_a_member_that_the_group_never_answers_begins_anew() -> None:
    now = 1000.0
    nowhere = Settings(kafka=f"127.0.0.1:{free_port()}")
    with closing(Inbox(nowhere, Topic.PROJECTIONS, group="projector", time=lambda: now)) as inbox:
        inbox.join(lambda _: {})
        assert inbox.receive(0.1) == []

        now += REJOINING_SECONDS
        assert inbox.receive(0.1) == []

        now += 1
        with pytest.raises(BrokerAway, match="does not answer"):
            inbox.receive(0.1)
