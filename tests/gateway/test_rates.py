from dataclasses import replace

from milepost.gateway.app import build_gateway
from milepost_schemas.instants import SECOND
from tests.gateway.senders import Http, World, statement


def limited(world: World, a_minute: int) -> None:
    """Let each source send so many statements a minute."""
    settings = world.services.settings.model_copy(update={"statements_a_minute": a_minute})
    world.http = Http(build_gateway(replace(world.services, settings=settings)))


def test_a_source_that_sends_more_than_its_share_is_asked_to_wait(world: World) -> None:
    limited(world, 60)

    first = world.post("player", [statement() for _ in range(90)])
    second = world.post("player", statement())

    assert first.status_code == 200
    assert second.status_code == 429
    assert second.headers["retry-after"] == "31"
    assert "Retry-After" in second.text
    assert second.headers["x-experience-api-version"] == "1.0.3"


def test_after_the_time_that_it_was_told_a_source_may_go_on(world: World) -> None:
    limited(world, 60)
    world.post("player", [statement() for _ in range(90)])

    world.clock.set(world.clock.now() + 30 * SECOND)
    too_soon = world.post("player", statement())
    world.clock.set(world.clock.now() + SECOND)
    in_time = world.post("player", statement())

    assert (too_soon.status_code, in_time.status_code) == (429, 200)


def test_what_one_source_sends_takes_nothing_from_another(world: World) -> None:
    limited(world, 60)
    world.post("player", [statement() for _ in range(90)])

    assert world.post("lms", statement()).status_code == 200


def test_what_is_refused_counts_as_well(world: World) -> None:
    limited(world, 2)

    answers = [world.post("player", {}).status_code for _ in range(3)]

    assert answers == [400, 400, 429]


def test_what_is_too_much_is_counted_and_not_kept(world: World) -> None:
    limited(world, 1)
    world.post("player", statement())

    world.post("player", statement())

    refused = world.services.metrics.refused.labels(route="/xapi/statements", reason="too_many")
    assert refused._value.get() == 1
    assert [outcome for outcome, _ in world.requests()] == ["accepted"]


def test_facts_and_webhooks_have_a_share_too(world: World) -> None:
    limited(world, 1)

    facts = [world.post_facts({}).status_code for _ in range(2)]
    webhooks = [world.zoom({"event": "meeting.updated"}).status_code for _ in range(2)]

    assert facts == [422, 429]
    assert webhooks == [204, 429]


def test_without_a_limit_nobody_waits(world: World) -> None:
    limited(world, 0)

    assert {world.post("player", statement()).status_code for _ in range(5)} == {200}
