"""What is owed by records that are replaced, and by those that take their place."""

import msgspec

from milepost.core.processors import PROCESSORS
from milepost.core.processors.resolver import ActorRecord
from milepost.tracker import stored
from milepost.tracker.draft import Basis, Draft
from milepost.tracker.replacing import Replaced, Replacement, is_said_nowhere_else, where_to_go_on
from milepost.tracker.stored import Owed, Stored
from milepost_schemas.instants import DAY
from milepost_schemas.messages import LearnerErased, Reconsider
from milepost_schemas.topics import Topic, encode
from tests.core.builders import ANA, TENANT, elearning, program
from tests.laws.stories import START

KEY = b"default/ana"


def owing(watermark: int, what: bytes) -> bytes:
    return stored.write(watermark, Stored(b"", (), (Owed("changes", 0, None, what),)))


def owed_after(*values: bytes, last: int = 5) -> list[bytes]:
    replaced = Replaced(Topic.LEARNERS)
    for value in values:
        replaced.note(0, KEY, value, last=last)
    return [one.value for one in replaced.owed()]


def test_a_record_may_owe_what_it_said_to_the_last_message_that_is_acknowledged_or_to_a_later_one() -> None:
    assert owed_after(owing(5, b"a")) == [b"a"]
    assert owed_after(owing(9, b"a")) == [b"a"]
    assert owed_after(owing(4, b"a")) == []


def test_of_several_the_one_that_has_read_furthest_owes() -> None:
    assert owed_after(owing(6, b"a"), owing(7, b"b"), owing(5, b"stale")) == [b"b"]


def test_a_record_that_was_taken_back_owes_nothing_and_one_that_nobody_can_read_hides_no_debt() -> None:
    assert owed_after(owing(6, b"a"), b"") == []
    assert owed_after(owing(6, b"a"), b"spoiled") == [b"a"]


def test_every_key_is_to_be_replaced_where_it_was_found() -> None:
    replaced = Replaced(Topic.LEARNERS)
    for partition, value in ((0, owing(1, b"a")), (2, b"spoiled"), (2, b"")):
        replaced.note(partition, KEY, value, last=5)

    assert sorted(replaced.keys()) == [(0, KEY), (2, KEY)]


def test_who_is_behind_others_goes_on_where_the_topic_ends_and_the_others_where_they_were() -> None:
    committed, ends = dict.fromkeys(((topic, 0) for topic in PROCESSORS), 3), dict.fromkeys(PROCESSORS, 8)

    go_on = where_to_go_on(committed, {(topic, 0): end for topic, end in ends.items()})

    assert {topic for (topic, _), at in go_on.items() if at == 3} == {Topic.ACTORS, Topic.SOURCES}


def test_that_somebody_is_erased_is_said_in_no_fact() -> None:
    assert is_said_nowhere_else(encode(LearnerErased(tenant=TENANT, learner="l", identifiers=("i",))))
    assert not is_said_nowhere_else(encode(Reconsider(tenant=TENANT, learner="l")))
    assert not is_said_nowhere_else(b"poison")


def test_a_record_of_the_resolver_goes_on_knowing_that_somebody_was_erased() -> None:
    replaced = Replaced(Topic.ACTORS)
    record = msgspec.msgpack.encode(ActorRecord(TENANT, "ana", erased_at=START))
    for value in (stored.write(5, Stored(record, (), ())), b"", stored.write(9, Stored(b"spoiled", (), ()))):
        replaced.note(0, KEY, value, last=5)
    assert replaced.erased == {(TENANT, "ana"): START}

    draft = Draft(Basis({TENANT: []}, {TENANT: 0}))
    draft.give_back({}, replaced.erased)

    [kept] = draft.records(Topic.ACTORS).values()
    assert msgspec.msgpack.decode(kept.record, type=ActorRecord).erased_at == START


def drafted(*, looks: int) -> Stored:
    published = program(elearning("e1"), published=START)
    draft = Draft(Basis({TENANT: [published]}, {TENANT: 0}), lambda _, __: 100)
    draft.fold([ANA.enrolled(START)], lambda _, __: ())
    for _ in range(looks):
        draft.look({TENANT: START + 30 * DAY})
    placed = list(Replacement(draft, {(Topic.LEARNERS, 0): 7}, lambda _: 0, partitions=1).records(Topic.LEARNERS))
    assert [stored.watermark_of(one.value) for one in placed] == [6]
    assert all(row.version >= 100 for row in draft.shown.values())
    return stored.read(placed[0].value)


def test_a_record_owes_what_it_tells_anew_until_it_is_said() -> None:
    owed = [Topic(one.topic) for one in drafted(looks=1).owed]

    assert Topic.PROJECTIONS in owed
    assert Topic.CHANGES in owed


def test_a_record_that_tells_nothing_new_owes_nothing() -> None:
    assert drafted(looks=2).owed == ()
