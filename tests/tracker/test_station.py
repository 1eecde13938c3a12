"""A station: what a worker does with the messages of a partition, and with those that it cannot take in."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from milepost.core.processors import PROCESSORS
from milepost.tracker import stored
from milepost.tracker.catalogs import Catalogs
from milepost.tracker.setting_aside import DEAD_BEFORE_STOPPING, TooManyDeadLetters
from milepost.tracker.station import (
    MOST_AT_ONCE,
    Arrived,
    Station,
    Step,
)
from milepost_schemas.instants import from_text
from milepost_schemas.messages import DeadLetter, ProgramKnown, RefeedingAsked, Tick
from milepost_schemas.projections import SourceProjected
from milepost_schemas.topics import Topic, decode, encode
from tests.core.builders import ANA, TENANT, declared, elearning, heard, live, program, scheduled, session

NOON = from_text("2026-09-07T12:00:00Z")


def station(topic: Topic, catalogs: Catalogs | None = None) -> Station:
    made = Station(PROCESSORS[topic], catalogs or Catalogs(), lambda key: len(key) % 4, partitions=4)
    made.assign(0, [])
    return made


def arriving(*messages: Any, first: int = 0) -> list[Arrived]:
    bodies = [one if isinstance(one, bytes) else encode(one) for one in messages]
    return [Arrived(first + n, b"whatever", body, NOON) for n, body in enumerate(bodies)]


def run(of: Station, *messages: Any, first: int = 0) -> list[Step]:
    return list(of.take(0, arriving(*messages, first=first)))


def said(steps: Sequence[Step], topic: Topic) -> list[Any]:
    return [decode(output.value) for step in steps for output in step.outputs if output.topic is topic]


def letters(steps: Sequence[Step]) -> list[DeadLetter]:
    return said(steps, Topic.DEAD_LETTERS)


def the_record(steps: Sequence[Step]) -> bytes:
    return next(value for step in reversed(steps) for value in step.stored.values())


# --- records ---------------------------------------------------------------------------------------------------------


def test_a_record_is_stored_with_what_it_owes_and_how_far_it_has_read() -> None:
    steps = run(station(Topic.SOURCES), declared("lms", "Mon 7 09:00"), heard("lms", "Mon 7 10:00"), first=41)

    value = the_record(steps)
    assert stored.watermark_of(value) == 42
    assert [Topic(owed.topic) for owed in stored.read(value).owed] == [o.topic for o in steps[-1].outputs]
    assert said(steps, Topic.PROJECTIONS) == said(steps, Topic.CATALOG)


def test_a_message_that_comes_again_changes_nothing_and_what_was_owed_is_sent_again() -> None:
    messages = [declared("lms", "Mon 7 09:00"), heard("lms", "Mon 7 10:00")]
    first = station(Topic.SOURCES)
    steps = run(first, *messages)
    record = {key: value for step in steps for key, value in step.stored.items()}

    second = station(Topic.SOURCES)
    second.assign(0, record.items())
    again = run(second, *messages)

    assert [step.outputs for step in again if step.outputs] == [steps[-1].outputs]
    assert all(step.stored == {} for step in again)


def test_what_was_committed_is_not_sent_again() -> None:
    first = station(Topic.SOURCES)
    steps = run(first, declared("lms", "Mon 7 09:00"))
    second = station(Topic.SOURCES)
    second.assign(0, steps[-1].stored.items())

    again = run(second, heard("lms", "Mon 7 10:00"), first=1)

    assert len(said(again, Topic.PROJECTIONS)) == 1
    assert said(again, Topic.PROJECTIONS)[0].last_heard_at > said(steps, Topic.PROJECTIONS)[0].last_heard_at


def test_what_a_record_says_from_further_on_has_a_higher_version() -> None:
    early = run(station(Topic.SOURCES), heard("lms", "Mon 7 10:00"), first=3)
    late = run(station(Topic.SOURCES), heard("lms", "Mon 7 10:00"), first=900)

    assert said(early, Topic.PROJECTIONS)[0].version < said(late, Topic.PROJECTIONS)[0].version


def test_a_record_of_a_newer_release_is_not_touched() -> None:
    value = the_record(run(station(Topic.SOURCES), heard("lms", "Mon 7 10:00")))
    newer = value[:8] + bytes([stored.FORMAT + 1]) + value[9:]

    with pytest.raises(stored.NewerRecord, match="start the newer"):
        station(Topic.SOURCES).assign(0, [(b"default/lms", newer)])


# --- ticks and the catalog -------------------------------------------------------------------------------------------


def test_a_tick_visits_only_the_records_that_are_due() -> None:
    here = station(Topic.SOURCES)
    run(here, declared("lms", "Mon 7 09:00", rhythm=60), declared("hr", "Mon 7 09:00", rhythm=600))

    run(here, Tick(tenant=TENANT, at=from_text("2026-09-07T09:00:00Z")), first=2)  # it covers what was declared

    due = run(here, Tick(tenant=TENANT, at=NOON), first=3)

    assert [list(step.stored) for step in due if step.stored] == [[f"{TENANT}/lms".encode()]]


def test_a_tick_for_many_records_is_taken_in_pieces() -> None:
    here = station(Topic.SOURCES)
    run(here, *(declared(f"lms-{n}", "Mon 7 09:00", rhythm=60) for n in range(MOST_AT_ONCE + 1)))

    due = run(here, Tick(tenant=TENANT, at=NOON), first=MOST_AT_ONCE + 1)

    assert [len(step.stored) for step in due if step.stored] == [MOST_AT_ONCE, 1]


def test_after_a_rebalance_the_new_owner_knows_what_is_due() -> None:
    first = station(Topic.SOURCES)
    steps = run(first, declared("lms", "Mon 7 09:00", rhythm=60))
    second = station(Topic.SOURCES)
    second.assign(0, steps[-1].stored.items())

    due = run(second, Tick(tenant=TENANT, at=NOON), first=1)

    assert said(due, Topic.PROJECTIONS)[0].gaps[0].gap == "source_silent"


def test_a_program_is_waited_for_and_then_read_by_the_records_that_it_concerns() -> None:
    catalogs = Catalogs()
    here = station(Topic.OFFERINGS, catalogs)
    published = program(elearning(), live())
    run(here, *(scheduled(name, session("Mon 7 10:00"), course=course)[0] for name, course in (("S", "C"), ("T", "D"))))
    known = ProgramKnown(tenant=TENANT, program=published.program, version=published.version)
    assert here.needs(arriving(known, first=2)) == [known]

    catalogs.learn(published)

    assert here.needs(arriving(known, first=2)) == []
    assert [list(step.stored) for step in run(here, known, first=2) if step.stored] == [[f"{TENANT}/S".encode()]]


def test_the_resolver_asks_for_unknown_activities_to_be_fed_again_in_its_own_partition() -> None:
    catalogs = Catalogs()
    published = program(elearning())
    catalogs.learn(published)
    here = station(Topic.ACTORS, catalogs)

    steps = run(here, ProgramKnown(tenant=TENANT, program=published.program, version=published.version))

    (output,) = [output for step in steps for output in step.outputs]
    assert (output.topic, output.partition) == (Topic.FACTS, 0)
    assert isinstance(decode(output.value), RefeedingAsked)


# --- what cannot be taken in -----------------------------------------------------------------------------------------

DEEP = b"[" * 1000 + b"]" * 1000
POISON = {
    "no UTF-8": b'{"type": "\xfe\xff"}',
    "no JSON": b"{",
    "nothing": b"",
    "a depth of a thousand": b'{"type": "milepost.source.heard.v1", "tenant": ' + DEEP + b"}",
    "NUL": encode(heard("lms", "Mon 7 10:00")).replace(b"lms", b"l\\u0000s"),
    "2^64": encode(heard("lms", "Mon 7 10:00")).replace(b'"tenant":"default"', b'"tenant":18446744073709551616'),
    "NaN": encode(ANA.did("e", "completed", "Mon 7 09:00", score=0.5)).replace(b"0.5", b"NaN"),
    "5 MB of nothing": b'{"type": "' + b"x" * 5_000_000 + b'"}',
    "of another topic": encode(scheduled("S", session("Mon 7 10:00"))[0]),
}


@pytest.mark.parametrize("body", POISON.values(), ids=POISON.keys())
def test_poison_is_set_aside_with_reason_and_place_and_the_partition_moves_on(body: bytes) -> None:
    steps = run(station(Topic.SOURCES), heard("lms", "Mon 7 09:00"), body, heard("lms", "Mon 7 10:00"), first=7)

    (letter,) = letters(steps)
    assert (letter.topic, letter.partition, letter.offset) == ("sources", 0, 8)
    assert (letter.key, letter.body, letter.at) == (b"whatever", body, NOON)
    assert letter.reason
    assert said(steps, Topic.PROJECTIONS)[-1].last_heard_at == from_text("2026-09-07T10:00:00Z")


def test_a_message_that_the_core_refuses_is_set_aside_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    here = station(Topic.SOURCES)
    here._processor = _refusing(here._processor, "bad")

    bad = heard("lms", "Mon 7 09:30", fact_id="bad")
    steps = run(here, heard("lms", "Mon 7 09:00"), bad, heard("lms", "Mon 7 10:00"))

    (letter,) = letters(steps)
    assert letter.offset == 1
    assert letter.reason.startswith("ValueError at tests.tracker.test_station:")
    assert stored.watermark_of(the_record(steps)) == 2


@pytest.mark.parametrize("error", [MemoryError(), OSError("no space left on device")])
def test_an_error_that_says_nothing_of_the_message_sets_nothing_aside(error: Exception) -> None:
    here = station(Topic.SOURCES)
    here._processor = _refusing(here._processor, "bad", error)

    with pytest.raises(type(error)):
        run(here, heard("lms", "Mon 7 09:00"), heard("lms", "Mon 7 09:30", fact_id="bad"))


def test_a_reason_repeats_nothing_that_somebody_sent() -> None:
    body = b'{"type": "milepost.source.heard.v1", "tenant": "ana@example.org", "source": 7}'

    (letter,) = letters(run(station(Topic.SOURCES), body))

    assert "ana@example.org" not in letter.reason
    assert "source" in letter.reason


def test_too_many_in_a_row_stop_the_worker() -> None:
    here = station(Topic.SOURCES)
    run(here, *[b"{"] * DEAD_BEFORE_STOPPING)

    with pytest.raises(TooManyDeadLetters, match="in a row"):
        run(here, b"{", first=DEAD_BEFORE_STOPPING)


def test_a_good_one_in_between_starts_the_count_anew() -> None:
    here = station(Topic.SOURCES)
    for n in range(3):
        run(here, *[b"{"] * (DEAD_BEFORE_STOPPING - 1), first=n * 100)
        run(here, heard("lms", "Mon 7 10:00"), first=n * 100 + 50)

    assert here.records(0) == 1


def test_messages_that_only_a_newer_release_knows_do_not_stop_an_older_worker() -> None:
    here = station(Topic.SOURCES)
    new = json.dumps({"type": "milepost.source.whispered.v1", "tenant": TENANT}).encode()

    steps = run(here, *[new] * (DEAD_BEFORE_STOPPING * 2))

    assert len(letters(steps)) == DEAD_BEFORE_STOPPING * 2


def test_a_field_of_a_newer_release_is_passed_over() -> None:
    newer = {**json.loads(encode(heard("lms", "Mon 7 10:00"))), "loudness": 11}

    steps = run(station(Topic.SOURCES), json.dumps(newer).encode())

    assert letters(steps) == []
    assert isinstance(said(steps, Topic.PROJECTIONS)[0], SourceProjected)


def _refusing(right: Any, fact_id: str, error: Exception | None = None) -> Any:
    from dataclasses import replace

    def evolve(record: Any, key: str, message: Any) -> Any:
        if getattr(message, "fact_id", "") == fact_id:
            raise error or ValueError("never heard of ana@example.org")
        return right.evolve(record, key, message)

    return replace(right, evolve=evolve)
