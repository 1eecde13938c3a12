"""Libraries that talk much are heard seldom."""

import logging

from milepost.runtimes.kafka.quiet import Seldom


def test_a_library_says_the_same_thing_once_a_second() -> None:
    seldom = Seldom()
    record = logging.makeLogRecord({"name": "aiokafka.conn", "msg": "cannot connect to %s", "levelno": logging.ERROR})
    other = logging.makeLogRecord({"name": "aiokafka.conn", "msg": "connected to %s", "levelno": logging.WARNING})

    assert [seldom.filter(one) for one in (record, record, other)] == [True, False, True]
