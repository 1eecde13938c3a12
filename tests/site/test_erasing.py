"""Who is erased on a site is gone from every record of it, whoever dies meanwhile, and nobody else notices."""

from collections.abc import Iterator
from pathlib import Path
from signal import SIGKILL
from subprocess import CalledProcessError
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from milepost.broker import topics
from milepost.core.processors import PROCESSORS
from milepost.settings import Settings
from milepost.sources.xapi import address_identifier
from milepost.sources.xapi.documents import Content
from milepost.store import documents, tracing
from milepost.store.documents import Address, Place
from milepost.store.tables import METADATA, accepted, shown
from milepost_schemas.instants import DAY, to_text
from tests.runtimes.serving import facts
from tests.runtimes.traffic import BEGIN, offering, send_until_acknowledged
from tests.services.brokers import Kafka
from tests.services.waiting import wait_until
from tests.site.changelog import read_records
from tests.site.small import NOW, SmallSite, small_site

pytestmark = [pytest.mark.slow, pytest.mark.kafka, pytest.mark.postgres]

LATER = BEGIN + 60 * DAY
ANA = {"mail": "ana.lopez@example.org", "name": "Ana Lopez"}
BEN = {"mail": "ben.okoye@example.org", "name": "Ben Okoye"}
NAMED = ("ana.lopez", "Ana Lopez")


@pytest.fixture
def small(kafka: Kafka, kafka_prefix: str, postgres_url: str, tmp_path: Path) -> Iterator[SmallSite]:
    with small_site(tmp_path, kafka=kafka.bootstrap, prefix=kafka_prefix, database=postgres_url) as small:
        yield small


def of(who: dict[str, str], at: str = to_text(NOW - DAY)) -> list[dict[str, Any]]:
    """What the office says of somebody."""
    seat = {"offering": "spring-1", "person": who}
    return [
        {"type": "learner_enrolled", "program": "lockout-tagout", "person": who, "occurred_at": at},
        {"type": "seat_changed", "state": "booked", **seat, "occurred_at": at},
        {"type": "seat_excused", "reason": f"{who['name']} is ill", **seat, "occurred_at": at},
    ]


def say(small: SmallSite, *items: dict[str, Any]) -> None:
    named = [
        {"id": f"{item['type']} of {item['person']['mail'][:3]} at {item['occurred_at']}", **item} for item in items
    ]
    with httpx.Client() as client:
        send_until_acknowledged(small, facts(small.office, *named), client)


def learner(small: SmallSite, text: str) -> str:
    with small.database.reading() as connection:
        [found] = {each.learner for each in tracing.find(connection, "default", text)}
    return found


def shown_of(small: SmallSite, who: str) -> dict[str, Any]:
    tables = (shown.journeys, shown.steps, shown.seats, shown.gaps, shown.changes)
    with small.database.reading() as connection:
        return {
            table.name: connection.execute(
                select(table).where(table.c[column] == who).order_by(*table.primary_key)
            ).all()
            for table in tables
            for column in ["owner" if table is shown.changes else "learner"]
        }


def put_document(small: SmallSite, mail: str, body: str) -> str:
    """Have content keep something about somebody; return by what they are known."""
    person = address_identifier(mail)
    assert person is not None
    place = Place(tenant="default", source="player", resource="agents/profile", agent=f"mailto:{mail}", person=person)
    with small.database.writing_at(place.digest) as connection:
        documents.keep(connection, Address(place, name="settings"), Content("text/plain", body.encode()), at=NOW)
    return person


def in_tables(small: SmallSite, *texts: str) -> set[str]:
    with small.database.reading() as connection:
        everything = [repr(row) for table in METADATA.sorted_tables for row in connection.execute(select(table))]
    return {text for text in texts if any(text in row for row in everything)}


def in_records(small: SmallSite, kafka: Kafka, *texts: str) -> set[str]:
    settings = Settings(topic_prefix=small.site.environment["MILEPOST_TOPIC_PREFIX"])
    records = [
        record
        for topic in PROCESSORS
        for record in read_records(kafka.bootstrap, topics.records_name_of(settings, topic)).values()
    ]
    return {text for text in texts if any(text.encode() in record for record in records)}


def erase(small: SmallSite, who: str, *more: str) -> str:
    try:
        return small.site.milepost("person", "erase", who, "--yes", "--at", to_text(NOW), *more)
    except (CalledProcessError, AssertionError) as error:
        return str(error)


def test_who_is_erased_is_gone_although_everybody_dies_in_the_middle(small: SmallSite, kafka: Kafka) -> None:
    with httpx.Client() as client:
        send_until_acknowledged(small, facts(small.office, offering("spring-1")), client)
    say(small, *of(ANA), *of(BEN))
    put_document(small, ANA["mail"], "Ana Lopez, slide 7")
    stranger = put_document(small, "carl.nowak@example.org", "slide 8")
    small.site.set_clock(to_text(LATER))
    ana, ben = learner(small, "ana.lopez"), learner(small, "ben.okoye")
    of_ben = shown_of(small, ben)
    assert all(shown_of(small, ana).values())
    assert in_tables(small, *NAMED) == set(NAMED)
    with small.database.reading() as connection:
        rows = select(accepted.identifiers.c.identifier).where(accepted.identifiers.c.learner == ana)
        identifier = connection.execute(rows).scalar_one()
    assert in_records(small, kafka, "Ana Lopez is ill", "Ben Okoye is ill") == {"Ana Lopez is ill", "Ben Okoye is ill"}

    small.site.remove("worker-1")
    assert "say it again" in erase(small, ana, "--wait", "1")
    assert in_tables(small, *NAMED) == {"Ana Lopez"}  # in the reason of a fact that is filed
    for part in ("archive", "projector"):
        small.site.parts[part].send(SIGKILL)
    small.site.start("worker-1")
    assert "is erased" in erase(small, ana)

    wait_until(lambda: in_tables(small, *NAMED) == set(), "nobody is named in any table")
    gone = shown_of(small, ana)
    assert {name for name, rows in gone.items() if rows} == {"seats"}
    assert shown_of(small, ben) == of_ben
    assert in_records(small, kafka, "Ana Lopez is ill", "Ben Okoye is ill") == {"Ben Okoye is ill"}
    assert identifier in in_records(small, kafka, identifier)

    assert in_tables(small, "carl.nowak") == {"carl.nowak"}
    assert "documents of content" in erase(small, stranger)
    assert in_tables(small, "carl.nowak", stranger) == set()

    say(small, *of(ANA))
    small.site.set_clock(to_text(LATER + DAY))
    assert in_tables(small, *NAMED) == set()
    small.site.milepost("rebuild")
    assert {name for name, rows in shown_of(small, ana).items() if rows} == {"seats"}

    say(small, of(ANA, to_text(NOW))[0])
    small.site.set_clock(to_text(LATER + 2 * DAY))
    assert learner(small, "ana.lopez") != ana
