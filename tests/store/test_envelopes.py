"""The ids that the gateway proposes are drawn for one fact alone."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from milepost.sources.translation import Person, Said, Translation
from milepost.store.envelopes import Envelopes, printable
from milepost.store.vault import Vault
from milepost_schemas.messages import AboutActor
from tests.store.builders import activity

FACTS = 500

IN_TWO_PROCESSES = """
import os
from tests.store.test_envelopes import proposed
proposed()
child = os.fork()
drawn = proposed()
if child:
    os.waitpid(child, 0)  # two that write at once into one pipe may write into each other's lines
print(*drawn, sep="\\n", flush=True)
"""


def proposed() -> list[str]:
    """Return the ids that are proposed for the facts of one request."""
    said = tuple(Said(Person(f"mbox:learner-{number}@example.org"), activity()) for number in range(FACTS))
    messages = Envelopes(Vault(b"k" * 32), "default").messages_of(Translation(said=said))
    drawn = [message for message in messages if isinstance(message, AboutActor)]
    return [id for message in drawn for id in (message.candidate_learner, message.candidate_identifier)]


def test_threads_that_draw_at_once_are_given_different_ids() -> None:
    with ThreadPoolExecutor(4) as pool:
        drawn = [id for some in pool.map(lambda _: proposed(), range(8)) for id in some]

    assert len(set(drawn)) == len(drawn) == 8 * 2 * FACTS
    assert {len(id) for id in drawn} == {32}


def test_a_process_that_was_forked_draws_its_own_ids() -> None:
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", IN_TWO_PROCESSES], capture_output=True, text=True, check=True
    )

    drawn = ran.stdout.split()
    assert len(set(drawn)) == len(drawn) == 2 * 2 * FACTS


def test_a_name_keeps_what_spells_it_and_loses_what_turns_a_line_around() -> None:
    assert printable("\u0639\u0644\u06cc\u200c\u0631\u0636\u0627") == "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627"
    assert printable("Ana\u202e\u0000 Ruiz\u200d ") == "Ana Ruiz"
    assert printable("\u200c\u200d") == ""
