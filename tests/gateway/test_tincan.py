"""The client that real senders use, against a gateway that listens on a port."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from tincan import (
    Activity,
    ActivityProfileDocument,
    Agent,
    AgentProfileDocument,
    RemoteLRS,
    Result,
    Score,
    StateDocument,
    Statement,
    Verb,
)

from milepost_schemas.facts import ActivityReported
from milepost_schemas.instants import SECOND, to_datetime
from tests.gateway.listening import listening
from tests.gateway.senders import World


@pytest.fixture
def address(world: World) -> Iterator[str]:
    with listening(world) as found:
        yield found


def lrs(world: World, address: str) -> Any:
    return RemoteLRS(endpoint=address, version="1.0.3", username="player", password=world.keys["player"])


def passed(lesson: int) -> Any:
    return Statement(
        actor=Agent(name="Ana Alvarez", mbox="mailto:ana@example.net"),
        verb=Verb(id="http://adlnet.gov/expapi/verbs/passed"),
        object=Activity(id=f"https://content.example.net/lockout/{lesson}"),
        result=Result(score=Score(scaled=0.9), success=True, completion=True),
    )


def test_a_statement_is_saved_and_retrieved(world: World, address: str) -> None:
    saved = lrs(world, address).save_statement(passed(1))

    assert saved.success
    found = lrs(world, address).retrieve_statement(saved.content.id)
    assert found.success
    assert found.content.actor.name == "Ana Alvarez"
    (fact,) = world.facts()
    assert isinstance(fact, ActivityReported)
    assert (fact.claims, fact.score) == (("passed", "completed"), 0.9)


def test_a_statement_with_an_id_is_put(world: World, address: str) -> None:
    statement = passed(1)
    statement.id = "5d3f6a52-9b0d-4b56-8f3a-0d1d3b8a1c01"

    assert lrs(world, address).save_statement(statement).success
    assert lrs(world, address).save_statement(statement).success
    assert len(world.facts()) == 1


def test_a_batch_is_saved_in_order(world: World, address: str) -> None:
    saved = lrs(world, address).save_statements([passed(1), passed(2)])

    assert saved.success
    assert [fact.activity[-1] for fact in world.facts()] == ["1", "2"]
    assert len({str(statement.id) for statement in saved.content}) == 2


def test_about_is_beyond_the_client_since_there_is_a_second_version(world: World, address: str) -> None:
    with pytest.raises(ValueError, match=r"2\.0\.0"):
        lrs(world, address).about()


def test_a_query_is_read_page_by_page(world: World, address: str) -> None:
    client = lrs(world, address)
    for lesson in (1, 2, 3):
        client.save_statement(passed(lesson))
        world.clock.set(world.clock.now() + 1000)

    first = client.query_statements({"verb": passed(1).verb, "agent": passed(1).actor, "limit": 2})
    rest = client.more_statements(first.content)

    found = [statement.object.id[-1] for page in (first, rest) for statement in page.content.statements]
    assert found == ["3", "2", "1"]
    assert not rest.content.more


def test_a_query_may_ask_by_values_of_python(world: World, address: str) -> None:
    client = lrs(world, address)
    now = to_datetime(world.clock.now())
    for lesson in (1, 2):
        client.save_statement(passed(lesson))
        world.clock.set(world.clock.now() + SECOND)

    found = client.query_statements(
        {"since": now - timedelta(milliseconds=1), "until": now, "ascending": True, "related_agents": False}
    )

    assert [statement.object.id[-1] for statement in found.content.statements] == ["1"]


def test_what_content_has_left_off_at_is_not_there(world: World, address: str) -> None:
    found = lrs(world, address).retrieve_state(passed(1).object, passed(1).actor, "bookmark")

    assert found.success
    assert found.content.content == b""


def seen(answer: Any) -> Any:
    """Return a document with its tag, which the client has not found in the headers of Python 3."""
    answer.content.etag = answer.response.getheader("ETag")
    return answer.content


def test_state_is_saved_found_changed_and_deleted(world: World, address: str) -> None:
    client, about = lrs(world, address), {"activity": passed(1).object, "agent": passed(1).actor}
    state = StateDocument(**about, id="bookmark", content="slide 7", content_type="text/plain")

    assert client.save_state(state).success
    found = client.retrieve_state(*about.values(), "bookmark").content
    assert found.content == b"slide 7"
    found.content = "slide 8"
    assert client.save_state(found).success
    assert client.retrieve_state(*about.values(), "bookmark").content.content == b"slide 8"

    now = to_datetime(world.clock.now())
    assert client.retrieve_state_ids(*about.values()).content == ["bookmark"]
    assert client.retrieve_state_ids(*about.values(), since=now).content == []
    assert client.delete_state(state).success
    assert client.save_state(state).success
    assert client.clear_state(*about.values()).success
    assert client.retrieve_state_ids(*about.values()).content == []


def test_profiles_are_saved_found_changed_and_deleted(world: World, address: str) -> None:
    client, ana, lesson = lrs(world, address), passed(1).actor, passed(1).object
    settings = AgentProfileDocument(agent=ana, id="settings", content='{"sound":true}', content_type="application/json")
    course = ActivityProfileDocument(activity=lesson, id="course", content="pages: 9")

    assert client.save_agent_profile(settings).success
    assert client.save_agent_profile(settings).response.status == 409
    found = seen(client.retrieve_agent_profile(ana, "settings"))
    found.content = '{"sound":false}'
    assert client.save_agent_profile(found).success
    assert client.save_agent_profile(found).response.status == 412
    assert client.retrieve_agent_profile(ana, "settings").content.content == b'{"sound":false}'
    assert client.retrieve_agent_profile_ids(ana).content == ["settings"]
    assert client.delete_agent_profile(settings).success

    assert client.save_activity_profile(course).success
    assert client.retrieve_activity_profile(lesson, "course").content.content == b"pages: 9"
    assert client.retrieve_activity_profile_ids(lesson).content == ["course"]
    assert client.delete_activity_profile(course).success
    assert client.retrieve_activity_profile_ids(lesson).content == []


def test_a_wrong_key_is_told_so(world: World, address: str) -> None:
    client = RemoteLRS(endpoint=address, version="1.0.3", username="player", password="wrong")

    assert client.save_statement(passed(1)).response.status == 401
