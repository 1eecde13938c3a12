"""The journal: what the senders of a demo were told is kept, and by which ids a site must have it."""

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from milepost.demo import lms, office, zoom
from milepost.demo.acts import Act
from milepost.sources import moodle
from milepost.sources import zoom as zoom_source
from milepost.sources.office import read_items
from milepost.sources.office import translate as translate_posted
from milepost.sources.translation import Receipt, Translation
from milepost.sources.xapi import decode, finish, read_statements
from milepost.store.tenants import DEFAULT

ABOUT_ITSELF = ("import_began", "import_finished")
"""What a source says that is no act of the script."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One act that was decided.

    Acknowledged it is to be found: `statements` and `facts` by their ids, and who was `enrolled` by their address.
    `refused` says why a server did not take it, and never will.
    """

    sender: str
    do: str
    statements: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    enrolled: str | None = None
    refused: str | None = None


def acknowledged(act: Act, ids: Iterable[str]) -> Entry:
    """Return the entry of an act that the server took, and knows by these ids."""
    known = tuple(one.lower() for one in ids)
    translation = _translated(act, known)
    facts = [*(said.fact for said in translation.said), *translation.facts]
    return Entry(
        sender=act.sender,
        do=act.do,
        statements=tuple(f"fact:{one}" for one in known) if act.sender == "office" else known,
        facts=tuple(fact.fact_id for fact in facts),
        enrolled=act.said["mail"] if act.do == "enroll" else None,
    )


def said_of_itself(sender: str, do: str, ids: Iterable[str]) -> Entry:
    """Return the entry of what a source said about itself."""
    return Entry(sender, do, statements=tuple(f"fact:{one}" for one in ids))


def refused(act: Act, why: str) -> Entry:
    """Return the entry of an act that the server did not take."""
    return Entry(act.sender, act.do, refused=why)


class Journal:
    """Entries in a file, one on a line; each is in it before anything else is said. Several threads may write."""

    def __init__(self, file: Path) -> None:
        """Take up what is in the file; a line that was not finished is none."""
        self._file = file
        self._lock = Lock()
        file.touch(mode=0o600)
        kept = file.read_bytes()
        whole = kept[: kept.rfind(b"\n") + 1]
        self.entries = [_entry(line) for line in whole.splitlines()]
        os.truncate(file, len(whole))

    def decided(self) -> Counter[str]:
        """Return how many acts of each sender are decided: the script goes on after them."""
        return Counter(entry.sender for entry in self.entries if entry.do not in ABOUT_ITSELF)

    def add(self, entry: Entry) -> None:
        """Write an entry down."""
        told = {name: getattr(entry, name) for name in Entry.__dataclass_fields__}
        line = json.dumps({name: value for name, value in told.items() if value})
        with self._lock:
            with self._file.open("a") as file:
                file.write(line + "\n")
            self.entries.append(entry)


def read_entries(file: Path) -> Iterator[Entry]:
    """Yield what is in a journal; nothing where there is none."""
    if file.exists():
        yield from (_entry(line) for line in file.read_bytes().rpartition(b"\n")[0].splitlines())


def _entry(line: bytes) -> Entry:
    told = json.loads(line)
    statements, facts = (tuple(told.pop(name, ())) for name in ("statements", "facts"))
    return Entry(statements=statements, facts=facts, **told)


def _translated(act: Act, ids: tuple[str, ...]) -> Translation:
    """Return what the server reads in an act: facts have the same ids wherever they are made."""
    receipt = Receipt(DEFAULT, act.sender, act.at)
    match act.sender:
        case "lms":
            [sound] = read_statements(json.dumps([lms.statement(act.do, act.said)]).encode())
            statement = finish(sound, id=ids[0], stored_at=act.at, authority={"name": act.sender})
            return moodle.translate(statement, receipt)
        case "zoom":
            return zoom_source.translate(zoom.webhook(act.do, act.said), receipt)
        case "office":
            [item] = read_items(decode(json.dumps([office.fact(act.do, act.said)]).encode()))
            return translate_posted(item, receipt).translation
