"""Resolver: who an identifier is, and that what is theirs follows them."""

from dataclasses import replace
from typing import Any

from milepost_schemas.messages import AboutActor, ActorErased
from milepost_schemas.projections import LearnerProjected
from milepost_schemas.topics import Message
from tests.core.builders import (
    ANA,
    BEN,
    GUEST,
    TENANT,
    Somebody,
    World,
    ended,
    moment,
    program,
    room,
    scheduled,
    session,
    world,
)
from tests.laws.delivery import standing

HOME = Somebody("ana@home")


def enrolled(*said: Any) -> World:
    """Ana is enrolled under her own address."""
    return world(program(), ANA.enrolled(), *said).tick("Mon 7 09:00")


def owner(here: World, of: Somebody) -> tuple[str, str]:
    found = here.keep.owners[f"default/{of.identifier}"]
    return (found.learner, found.standing)


def test_the_first_candidate_is_kept() -> None:
    again = ANA.passed()
    assert isinstance(again, AboutActor)

    here = enrolled().take(replace(again, candidate_learner="learner-other", candidate_identifier="identifier-other"))

    assert here.step("e") == "done"
    assert "default/identifier-other" not in here.keep.owners


def test_who_is_only_seen_in_a_room_is_provisional() -> None:
    here = enrolled(GUEST.joined("Mon 7 10:00"))

    assert owner(here, GUEST) == ("learner-guest", "provisional")


def test_who_is_taught_seated_or_enrolled_is_known() -> None:
    for said in (GUEST.passed(), GUEST.booked("S"), GUEST.enrolled()):
        assert owner(enrolled(said), GUEST) == ("learner-guest", "known")


def test_a_link_takes_the_evidence_along_and_an_unlink_takes_it_back() -> None:
    here = enrolled(HOME.passed())
    assert here.step("e") != "done"

    here.take(HOME.linked(ANA, "Mon 7 10:00"))
    assert here.step("e") == "done"
    assert owner(here, HOME) == ("learner-ana", "known")

    here.take(HOME.unlinked("Mon 7 11:00"))
    assert here.step("e") != "done"


def test_a_fact_after_the_link_follows_it_and_one_from_before_comes_too() -> None:
    here = enrolled(HOME.linked(ANA, "Mon 7 10:00"), HOME.passed("Mon 7 08:00", received="Mon 7 12:00"))

    assert here.step("e") == "done"


def test_a_link_to_somebody_else_moves_everything_on() -> None:
    here = enrolled(BEN.enrolled(), HOME.passed(), HOME.linked(ANA, "Mon 7 10:00"))

    here.take(HOME.linked(BEN, "Mon 7 11:00"))

    assert here.step("e") != "done"
    assert here.step("e", of=BEN) == "done"


def test_a_decision_that_was_recorded_earlier_undoes_no_later_one() -> None:
    here = enrolled(HOME.passed(), HOME.linked(ANA, "Mon 7 10:00"))

    here.take(HOME.unlinked("Mon 7 09:30"))

    assert here.step("e") == "done"


def test_to_link_and_to_unlink_is_never_to_have_linked() -> None:
    dates = scheduled("S", session("Mon 7 10:00", channels=(room(),)))
    said = [HOME.passed(), HOME.booked("S"), dates, HOME.joined("Mon 7 10:00"), ended("Mon 7 11:00")]
    never = enrolled(*said).tick("Mon 7 13:00")

    undone = (
        enrolled(*said).take(HOME.linked(ANA, "Mon 7 12:00")).take(HOME.unlinked("Mon 7 12:30")).tick("Mon 7 13:00")
    )

    assert standing(undone.keep) == standing(never.keep)


def test_a_seat_and_a_mark_follow_the_link() -> None:
    dates = scheduled("S", session("Mon 7 10:00"))
    here = enrolled(
        dates, HOME.booked("S"), HOME.marked("S", "present", "Mon 7 11:00"), HOME.linked(ANA, "Mon 7 12:00")
    )

    assert here.tick("Mon 7 12:00").outcome() == "attended"
    here.take(HOME.unlinked("Mon 7 13:00"))
    assert here.learner().seats == ()


def test_a_revoked_fact_is_revoked_whoever_has_it_now() -> None:
    passed = HOME.passed()
    here = enrolled(passed, HOME.linked(ANA, "Mon 7 10:00"))

    here.take(HOME.revoked(passed, "Mon 7 11:00")).tick("Mon 7 11:00")

    assert here.step("e") != "done"


def test_a_revocation_that_comes_before_everything_else_is_remembered() -> None:
    passed = ANA.passed("Mon 7 08:00")
    here = world(program(), ANA.revoked(passed, "Mon 7 07:00"), passed, ANA.enrolled()).tick("Mon 7 09:00")

    assert here.step("e") != "done"


def test_a_forgotten_proof_that_is_revoked_brings_the_others_back() -> None:
    passes = [ANA.passed(moment("Sat 5 08:00") + n) for n in range(9)]
    here = enrolled(passes)
    done_at = next(row.done_at for row in here.journey().steps if row.step == "e")
    assert done_at == moment("Sat 5 08:00")

    here.take([ANA.revoked(passed, "Mon 7 09:00") for passed in passes[:4]]).tick("Mon 7 10:00")

    assert next(row.done_at for row in here.journey().steps if row.step == "e") == moment("Sat 5 08:00") + 4


def test_what_comes_with_the_revocation_is_not_lost_when_the_slice_is_built_anew() -> None:
    passes = [ANA.did("e", "completed", moment("Sat 5 08:00") + n) for n in range(9)]
    here = enrolled(passes).take(ANA.revoked(passes[0], "Mon 7 09:00"), ANA.passed("Mon 7 08:00"))

    assert here.tick("Mon 7 10:00").step("e") == "done"


def test_an_activity_that_no_program_knew_counts_once_one_is_published() -> None:
    here = world(ANA.enrolled(), ANA.passed()).tick("Mon 7 09:00")
    assert here.journey().state == "unknown_program"

    here.take(program()).tick("Mon 7 10:00")

    assert here.step("e") == "done"


def erased(who: Somebody, when: str) -> ActorErased:
    return ActorErased(
        tenant=TENANT,
        actor=who.actor,
        erased_at=moment(when),
        nobody=f"erased-{who.actor}",
        learners=(who.learner,),
        identifiers=(who.identifier,),
    )


def new(said: Message) -> AboutActor:
    assert isinstance(said, AboutActor)
    return replace(said, candidate_learner="learner-new", candidate_identifier="identifier-new")


def test_who_is_erased_is_gone_and_who_repeats_what_they_did_does_not_bring_them_back() -> None:
    here = enrolled(ANA.passed()).take(erased(ANA, "Mon 7 12:00"))

    here.take(ANA.passed(), ANA.enrolled()).tick("Mon 7 13:00")

    shown = here.keep.rows[f"{TENANT}/learner/{ANA.learner}"]
    assert isinstance(shown, LearnerProjected)
    assert (shown.journeys, shown.gaps) == ((), ())


def test_what_happens_after_somebody_was_erased_is_of_somebody_new_also_where_the_end_comes_twice() -> None:
    end = erased(ANA, "Mon 7 12:00")
    here = enrolled().take(end, new(ANA.enrolled("Mon 7 14:00")), end).tick("Mon 7 15:00")

    assert here.keep.owners[f"{TENANT}/identifier-new"].learner == "learner-new"
    shown = here.keep.rows[f"{TENANT}/learner/learner-new"]
    assert isinstance(shown, LearnerProjected)
    assert [journey.program for journey in shown.journeys] == ["P"]
    assert len(here.keep.facts_of(TENANT, "identifier-new")) == 1
