"""The demo as a visitor: its senders report to a Milepost that somebody else runs, whatever becomes of its processes.

What happened before is told as fast as the site takes it, each sender by itself, side by side; then the story goes on
by the machine's clock. At the end stands whether the site has all that it acknowledged.
"""

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import chain
from threading import Event
from typing import Any, TypeVar

import httpx
from sqlalchemy.exc import SQLAlchemyError

from milepost.clock import SystemClock
from milepost.demo import comparison, journal
from milepost.demo.acts import SENDERS, Act, Sender
from milepost.demo.admission import Place, admit, place_of, require_database
from milepost.demo.ending import Ended, Ending
from milepost.demo.journal import Journal
from milepost.demo.office import LINK, post_fact
from milepost.demo.persisting import Pace, Persistence
from milepost.demo.processes import Failed, SenderProcess
from milepost.demo.script import COHORT_OF, SEED, Script, first_day
from milepost.demo.sending import ANSWER_SECONDS, Answer
from milepost.settings import Settings
from milepost.store import recording
from milepost.store.database import Database
from milepost.store.tenants import DEFAULT
from milepost_schemas.instants import DAY, SECOND, to_text

T = TypeVar("T")

STRANGER = (401, 403, 404, 405)
"""What is answered to somebody who came to the wrong address, or with a key of another site."""

BEFORE_ALL = 60 * DAY
"""So long before the first day lies all that is told of the past."""

TOLD_EVERY_SECONDS = 5.0
LOOKED_EVERY_SECONDS = 5.0
LONGEST_SLEEP_SECONDS = 60.0
LAST_WORDS_SECONDS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Where the senders report to, and how.

    `pages` is where the pages are, if that is elsewhere. `pace` is how many messages are sent in a second at most. A
    demo that was begun goes on with its own `seed` and `learners`.
    """

    to: str
    pages: str | None = None
    days: int = 21
    seed: str | None = None
    learners: int | None = None
    pace: float | None = None


def visit(wishes: Visit, settings: Settings) -> int:
    """Report until Ctrl-C, and compare; return the exit code: 1 where it could not go on, or something is missing."""
    ending = Ending()
    try:
        require_database(settings)
        place, database = place_of(settings), Database(settings.database)
        try:
            return _report(wishes, place, database, ending)
        finally:
            database.close()
    except Ended:
        return 0
    except (Failed, SQLAlchemyError) as error:
        return _failed(error)


def check(settings: Settings) -> int:
    """Compare what was acknowledged with what the site has, and say so; return 1 where something is missing."""
    ending = Ending()
    try:
        require_database(settings)
        entries = list(journal.read_entries(place_of(settings).journal))
        if not entries:
            raise Failed("nothing was sent to this site yet: `milepost demo --to URL` does that")
        database = Database(settings.database)
        try:
            return _compare(database, entries, ending)
        finally:
            database.close()
    except Ended:
        return 0
    except (Failed, SQLAlchemyError) as error:
        return _failed(error)


def _failed(error: Exception) -> int:
    said = error if isinstance(error, Failed) else f"the database does not answer ({type(error).__name__})"
    print(f"\nThe demo has ended: {said}", file=sys.stderr)
    return 1


def _report(wishes: Visit, place: Place, database: Database, ending: Ending) -> int:
    with ending.held():
        _begin(wishes, place)
        _require_gateway(wishes.to)
        _say("The demo adds its sources and its program ...")
        admit(place, database)
    failure, told = None, Told(wishes, place, database)
    try:
        told.tell(ending)
    except Ended:
        pass
    except Failed as error:
        failure = error
    finally:
        ending.hold()
        told.stop()
    told.sum_up()
    code = _compare(database, told.journal.entries, ending) if told.journal.entries else 0
    return code if failure is None else _failed(failure)


def _compare(database: Database, entries: list[journal.Entry], ending: Ending) -> int:
    """Wait until the site has caught up, and say what is missing; Ctrl-C looks at once."""
    _say("It is compared with what the site has, once that has caught up; Ctrl-C does not wait for it.")
    over = Event()
    ending.let_go()
    outcome = None
    while outcome is None:
        try:
            outcome = comparison.compare(
                database, comparison.promised(entries), SystemClock(), wait=lambda s: over.is_set() or over.wait(s)
            )
        except Ended:
            over.set()
            ending.hold()
    _say(comparison.told(outcome))
    return 1 if outcome.missing else 0


# --- before ----------------------------------------------------------------------------------------------------------


def _begin(wishes: Visit, place: Place) -> None:
    """Choose the story, or take up the one that is told here; raise Failed where another one is asked for."""
    if place.begins_on is None:
        begins_on = first_day(SystemClock().now(), wishes.days)
        place.begin(Script(wishes.seed or SEED, wishes.learners or COHORT_OF, begins_on))
        return
    for name, wish, told in (("seed", wishes.seed, place.seed), ("learners", wishes.learners, place.cohort_of)):
        if wish is not None and wish != told:
            raise Failed(f"the demo on this site was begun with --{name} {told}; leave the option out to go on with it")


def _require_gateway(address: str) -> None:
    """Raise Failed where something answers at an address that takes no messages; nobody may be there yet."""
    try:
        answer = httpx.get(f"{address}/v1/facts/openapi.json", timeout=ANSWER_SECONDS)
    except httpx.UnsupportedProtocol as error:
        raise Failed(f"{address} is no address; it begins with http:// or https://") from error
    except httpx.HTTPError:
        return
    if answer.status_code in STRANGER:
        raise Failed(f"no gateway answers at {address}; `milepost site up` says where senders report to")


def _find_pages(wishes: Visit) -> str | None:
    """Return where the pages are: where somebody says, or where the senders report to."""
    if wishes.pages is not None:
        return wishes.pages
    try:
        answer = httpx.get(f"{wishes.to}/v1/trust", timeout=ANSWER_SECONDS)
    except httpx.HTTPError:
        return None
    return wishes.to if answer.is_success or answer.status_code == 401 else None


# --- telling ---------------------------------------------------------------------------------------------------------


class Told:
    """One run: three senders, each telling its part of the script, and the journal of what was acknowledged."""

    def __init__(self, wishes: Visit, place: Place, database: Database) -> None:
        """Take up the journal where it ends."""
        self.journal = Journal(place.journal)
        self._wishes = wishes
        self._place = place
        self._database = database
        self._over = Event()
        self._clock = SystemClock()
        self._pace = Pace(wishes.pace)
        self._persistence = Persistence(self._over.wait, _say)
        self._decided = self.journal.decided()
        self._senders: dict[Sender, SenderProcess] = {}
        self._guests: list[Act] = []
        self._pages: str | None = None
        self._people = ThreadPoolExecutor(len(SENDERS))
        self._busy: list[Future[Any]] = []

    def tell(self, ending: Ending) -> None:
        """Tell what happened until now, and then what happens, until somebody ends it."""
        self._pages = _find_pages(self._wishes)
        with ending.held():
            for sender in SENDERS:
                credential = self._place.credentials[sender]
                signs_with = credential.secret or credential.key
                self._senders[sender] = SenderProcess(sender, self._wishes.to, signs_with, pages=self._pages)
        now, acts = self._clock.now(), {sender: self._acts_of(sender) for sender in SENDERS}
        self._announce()
        following = self._tell_the_past(acts, now)
        _say("What was missing before this site began to watch stands on the page Gaps, under Historical.")
        _say("From now on it goes on by the clock, some messages an hour. Ctrl-C ends it, and compares.")
        self._side_by_side(lambda sender: self._go_on(sender, chain([following[sender]], acts[sender])))

    def stop(self) -> None:
        """End the senders; what is under way is waited for, and given up where nobody answers."""
        self._over.set()
        if wait(self._busy, LAST_WORDS_SECONDS).not_done:
            for sender in self._senders.values():
                sender.kill()
        self._people.shutdown()
        for sender in self._senders.values():
            sender.stop()

    def sum_up(self) -> None:
        """Say how many messages were sent, and what became of them."""
        tally = self._persistence.tally
        refused = f", {tally.refused} refused for good, each named above" if tally.refused else ""
        _say(
            f"\n{tally.sent} messages were sent: {tally.acknowledged} were acknowledged, {tally.repeated} were "
            f"repetitions{refused}."
        )
        if self._guests:
            whom = "you" if self._pages is None else "you, or for the office when the demo goes on"
            _say(f"Guests on the page Unmatched who wait for {whom}: {len(self._guests)}.")
        _say(f"What was acknowledged, in earlier runs too, stands in {self._place.journal}.")

    def _announce(self) -> None:
        script = self._place.script
        _say(f"The story begins on {script.begins_on:%a %d %b %Y} and is told to {self._wishes.to}.")
        if self._pages is None:
            _say("Guests of meetings are left to you, on the page Unmatched; with --pages URL the office links them.")

    # --- all senders -------------------------------------------------------------------------------------------------

    def _tell_the_past(self, acts: Mapping[Sender, Iterator[Act]], until: int) -> Mapping[Sender, Act]:
        """Tell what happened until a moment; return what each sender says next."""
        began = time.monotonic()
        if not self._place.is_told:
            script = self._place.script
            self._side_by_side(
                lambda sender: self._say_of_itself(sender, "import_began", script.begins_at - BEFORE_ALL)
            )
        following = self._side_by_side(lambda sender: self._tell_until(sender, acts[sender], until))
        if not self._place.is_told:
            self._side_by_side(lambda sender: self._say_of_itself(sender, "import_finished", until))
            self._place.is_told = True
            self._place.keep()
        count, seconds = self._persistence.tally.acknowledged, time.monotonic() - began
        _say(f"What happened until now is told: {count} messages are acknowledged, after {seconds:.0f} seconds.")
        return following

    def _side_by_side(self, tell: Callable[[Sender], T]) -> Mapping[Sender, T]:
        """Have all senders do this at once; return what came of it, or raise what ended one of them."""
        futures = {sender: self._people.submit(tell, sender) for sender in SENDERS}
        self._busy = list(futures.values())
        counted = self._persistence.tally.sent
        while waiting := [future for future in self._busy if not future.done()]:
            wait(waiting, TOLD_EVERY_SECONDS, FIRST_COMPLETED)
            for future in self._busy:
                if future.done():
                    future.result()
            if not self._place.is_told and counted != self._persistence.tally.sent:
                counted = self._persistence.tally.sent
                _say(f"  {self._persistence.tally.acknowledged} messages are acknowledged ...")
        return {sender: future.result() for sender, future in futures.items()}

    # --- one sender --------------------------------------------------------------------------------------------------

    def _acts_of(self, sender: Sender) -> Iterator[Act]:
        """Yield what a sender has to say and has not said in an earlier run, and every guest that it knows."""
        said = 0
        for act in self._place.script.acts():
            if act.sender != sender:
                continue
            if act.do == LINK or said >= self._decided[sender]:
                yield act
            else:
                said += 1

    def _tell_until(self, sender: Sender, acts: Iterator[Act], until: int) -> Act:
        """Say what happened until a moment; return the first that happens later."""
        for act in acts:
            if act.at > until:
                return act
            if act.do == LINK:
                self._guests.append(act)
            else:
                self._tell_one(sender, act)
        raise AssertionError("a script has no end")

    def _go_on(self, sender: Sender, acts: Iterator[Act]) -> None:
        """Say what happens when it happens; guests of the past are linked once the pages show them."""
        if sender == "office" and self._guests and self._pages is not None:
            self._wait_until_shown()
            while self._guests:
                self._link(self._guests.pop())
        for act in acts:
            while (seconds := (act.at - self._clock.now()) / SECOND) > 0:
                self._pause(min(seconds, LONGEST_SLEEP_SECONDS))
            if act.do != LINK:
                self._tell_one(sender, act)
                _say(f"  {to_text(act.at)[11:19]}  {sender}: {act.do}")
            elif self._pages is not None:
                self._link(act)
            else:
                self._guests.append(act)

    def _tell_one(self, sender: Sender, act: Act) -> None:
        """Say one thing until it is decided, and write down what became of it."""
        self._pause(self._pace.seconds_until_mine())
        answer = self._persistence.until_decided(sender, lambda: self._attempt(sender, act))
        if answer.problem is None:
            self.journal.add(journal.acknowledged(act, answer.ids))
            return
        self._require_known(sender, answer)
        _say(f"  {sender}: {answer.problem}")
        self.journal.add(journal.refused(act, answer.problem))

    def _attempt(self, sender: Sender, act: Act) -> Answer:
        process = self._senders[sender]
        process.tell(self._clock.now(), [act])
        [answer] = process.answer()
        return answer

    def _say_of_itself(self, sender: Sender, do: str, at: int) -> None:
        """Say, with the key of a source, that it delivers its past from a moment on, or that it has."""
        address, key = self._wishes.to, self._place.credentials[sender].key
        item = {"type": do, "id": f"demo:{do}:{at}", "occurred_at": to_text(at)}
        answer = self._persistence.until_decided(sender, lambda: post_fact(address, key, item))
        self._require_known(sender, answer)
        if answer.problem is not None:
            raise Failed(f"{sender} cannot say {do}: {answer.problem}")
        self.journal.add(journal.said_of_itself(sender, do, answer.ids))

    def _require_known(self, sender: Sender, answer: Answer) -> None:
        if answer.status in STRANGER:
            raise Failed(
                f"{self._wishes.to} does not know the source {sender} ({answer.status}). Do the settings of this "
                "terminal belong to it? For a site of `milepost site up`: `. milepost-site/environment`"
            )

    # --- guests ------------------------------------------------------------------------------------------------------

    def _link(self, act: Act) -> None:
        """Have the office say on a page who a guest was, until the pages answer."""
        while (answer := self._attempt("office", act)).is_passing:
            self._pause(LOOKED_EVERY_SECONDS)
        if answer.problem is not None:
            _say(f"  office: {answer.problem}")

    def _wait_until_shown(self) -> None:
        """Wait until the site has taken in all that was said until now, and some moments more."""
        now = self._clock.now()
        while (self._ticked_at() or 0) < now:
            self._pause(LOOKED_EVERY_SECONDS)
        self._pause(LOOKED_EVERY_SECONDS)

    def _ticked_at(self) -> int | None:
        try:
            with self._database.reading() as connection:
                return recording.ticked_at(connection, DEFAULT)
        except SQLAlchemyError:
            return None

    def _pause(self, seconds: float) -> None:
        if self._over.wait(seconds):
            raise Ended


def _say(line: str) -> None:
    print(line, flush=True)
