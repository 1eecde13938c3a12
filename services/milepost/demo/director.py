"""The director: sets the stage, owns demo time, and tells the senders what to say."""

import json
import secrets
import socket
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from milepost.demo.acts import SENDERS, Act, Explanation
from milepost.demo.ending import Ended, Ending
from milepost.demo.processes import Failed, SenderProcess, Server, milepost, own_environment
from milepost.demo.script import BEGINS_AT, PROGRAM, Script
from milepost.demo.summary import read_summary, told
from milepost.store.database import Database
from milepost_schemas.instants import DAY, HOUR, MINUTE, to_datetime, to_text

PORT = 8000
KEPT_IN = Path("var") / "demo"
BEATS_PER_SECOND = 4
TOGETHER = 20 * MINUTE
SENT_AGAIN = HOUR
"""A demo that is taken up again repeats what was sent in its last hour; what had come already changes nothing."""

SOURCES = {
    "lms": ("--kind", "moodle", "--rhythm", "4h"),
    "zoom": ("--kind", "zoom", "--secret-file", "-"),
    "office": ("--kind", "office"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """How the demo is to run.

    `speed` is the minutes of demo time in a second, `days` how much is told before that as fast as it goes, and
    `folder` where a demo that is kept lies.
    """

    keep: bool = False
    port: int | None = None
    speed: float = 6.0
    days: int = 21
    script: Script = field(default_factory=Script)
    folder: Path = KEPT_IN


def run(wishes: Wishes) -> int:
    """Run the demo until Ctrl-C; return the exit code: 1 where it could not go on."""
    ending = Ending()
    try:
        with ExitStack() as stack:
            demo = Demo(wishes, stack, ending)
            try:
                demo.play()
            finally:
                ending.hold()
                demo.end()
    except Ended:
        return 0
    except Failed as error:
        print(f"\nThe demo has ended: {error}", file=sys.stderr)
        return 1
    return 0


class Demo:
    """One run: a folder, a server, three senders, and the script."""

    def __init__(self, wishes: Wishes, stack: ExitStack, ending: Ending) -> None:
        """Take the stage, which the stack clears afterwards."""
        self._wishes = wishes
        self._ending = ending
        self._folder = _folder(wishes, stack)
        self._explanations: list[Explanation] = []
        self._not_taken = 0
        self._acts = iter(wishes.script.acts())
        self._next = next(self._acts)
        self._server: Server | None = None
        self._senders: dict[str, SenderProcess] = {}
        self._began = False

    def play(self) -> None:
        """Begin or go on, tell the past, and then go on at the speed that was asked for."""
        port = _free_port(self._wishes.port)
        print("The demo adds its sources and its program, and starts a server ...", flush=True)
        keys = self._admit()
        with self._ending.held():
            server = self._server = Server(self._folder, port)
        server.wait_until_ready()
        _announce(self._wishes, server.address)
        with self._ending.held():
            for sender in SENDERS:
                self._senders[sender] = SenderProcess(sender, server.address, keys[sender])
        now = server.clock()
        self._skip_until(now - SENT_AGAIN)
        self._began = True
        self._tell_the_past(now, BEGINS_AT + self._wishes.days * DAY)
        self._go_on()

    def end(self) -> None:
        """End all processes, and say what came of it."""
        for sender in self._senders.values():
            sender.stop()
        if self._server is not None:
            self._server.stop()
        if self._began:
            self._sum_up()

    # --- before ------------------------------------------------------------------------------------------------------

    def _admit(self) -> dict[str, str]:
        """Return what each sender signs in with: as an administrator adds it, or as it was kept."""
        kept = self._folder / "keys.json"
        if kept.exists():
            return {str(name): str(key) for name, key in json.loads(kept.read_text()).items()}
        for half_made in self._folder.glob("milepost.*"):
            half_made.unlink()
        environment = own_environment(self._folder)
        milepost(environment, "program", "publish", PROGRAM, "--at", to_text(BEGINS_AT))
        with ThreadPoolExecutor() as administrators:
            keys = dict(zip(SOURCES, administrators.map(self._add_source, SOURCES), strict=True))
        fresh = kept.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(keys))
        fresh.replace(kept)
        return keys

    def _add_source(self, name: str) -> str:
        """Add a source; return its key, or the secret that its webhooks are signed with."""
        secret = secrets.token_urlsafe(24)
        at = ("--at", to_text(BEGINS_AT))
        key = milepost(own_environment(self._folder), "source", "add", name, *SOURCES[name], *at, typed=secret)
        return secret if "--secret-file" in SOURCES[name] else key

    def _skip_until(self, at: int) -> None:
        """Pass over what was sent before: a kept demo goes on where it stopped."""
        while self._next.at < at:
            self._take()

    # --- time --------------------------------------------------------------------------------------------------------

    def _tell_the_past(self, now: int, until: int) -> None:
        if now >= until:
            print(f"It goes on where it stopped: {_day(now)}.", flush=True)
            return
        began, day, sent = time.monotonic(), now, 0
        while self._next.at <= until:
            sent += self._send(self._take_together())
            if self._next.at - day >= 7 * DAY:
                day += 7 * DAY
                print(f"  told until {_day(day)} ...", flush=True)
        self._set_clock(until)
        seconds = time.monotonic() - began
        print(f"{sent} messages of the first {self._wishes.days} days are told, in {seconds:.0f} seconds.", flush=True)

    def _go_on(self) -> None:
        """Let demo time go on at its speed; where the machine is too slow for it, demo time is slower too."""
        server, beat = self._running(), 1 / BEATS_PER_SECOND
        at, last = server.clock(), time.monotonic()
        print(f"It is {_day(at)}. {self._pace()} Ctrl-C ends it.", flush=True)
        while True:
            time.sleep(max(0.0, last + beat - time.monotonic()))
            moment = time.monotonic()
            at += int(min(moment - last, 2 * beat) * self._wishes.speed * MINUTE)
            last = moment
            while self._next.at <= at:
                self._send(self._take_all())
            self._set_clock(at)

    def _take_together(self) -> list[Act]:
        """Return what is sent next, and if that is Zoom's, what else Zoom alone says within some minutes.

        Nothing is concluded from these minutes: of who was there only what stands long after the end counts.
        """
        acts = self._take_all()
        until = acts[0].at + TOGETHER
        while self._next.at <= until and {act.sender for act in (*acts, self._next)} == {"zoom"}:
            acts.extend(self._take_all())
        return acts

    def _take_all(self) -> list[Act]:
        """Return the next act with all that is sent at the same moment: after an outage that is a lot."""
        acts = [self._take()]
        while self._next.at == acts[0].at:
            acts.append(self._take())
        return acts

    def _send(self, acts: Sequence[Act]) -> int:
        """Move demo time to these acts, and have them sent; return how many they are."""
        at = acts[-1].at
        self._set_clock(at)
        told_by = dict.fromkeys(act.sender for act in acts)
        for sender in told_by:
            self._senders[sender].tell(at, [act for act in acts if act.sender == sender])
        for sender in told_by:
            for answer in self._senders[sender].answer():
                if answer.problem is not None:
                    self._not_taken += 1
                    print(f"  {sender}: {answer.problem}", file=sys.stderr, flush=True)
        return len(acts)

    def _set_clock(self, at: int) -> None:
        server = self._running()
        server.set_clock(max(at, server.at))

    def _take(self) -> Act:
        act, self._next = self._next, next(self._acts)
        self._explanations.extend(act.explains)
        return act

    def _running(self) -> Server:
        if self._server is None:
            raise Failed("the server is not there yet")
        return self._server

    # --- after -------------------------------------------------------------------------------------------------------

    def _sum_up(self) -> None:
        database = Database(str(self._folder / "milepost.db"))
        try:
            summary = read_summary(database, self._explanations)
        finally:
            database.close()
        print("\n" + "\n".join(told(summary)))
        if self._not_taken:
            print(f"{self._not_taken} messages were not taken; each is named above.")
        if self._wishes.keep:
            print(f"All of it is kept in {self._folder}; `make run KEEP=1` goes on from here.")

    def _pace(self) -> str:
        minutes = round(self._wishes.speed * 10)
        return f"From now on {minutes // 60} h {minutes % 60:02} min of demo time go by every 10 seconds."


def _announce(wishes: Wishes, address: str) -> None:
    print(
        f"Milepost's demo: open {address}\n"
        "There you see a coordinator's day: learners at three plants go through a lockout/tagout program, and gaps\n"
        "open, close and are taken back, each with what shows it. Everything on the pages is told over HTTP by a\n"
        "simulated LMS, a simulated Zoom and a simulated training office. Demo time stands on every page.\n"
        f"First {wishes.days} days are told as fast as it goes, which takes a minute or so; you can look at any time.",
        flush=True,
    )


def _folder(wishes: Wishes, stack: ExitStack) -> Path:
    """Return where the demo's database lies: a folder that is kept, or one that is gone afterwards."""
    if not wishes.keep:
        return Path(stack.enter_context(TemporaryDirectory(prefix="milepost-demo-")))
    wishes.folder.mkdir(parents=True, exist_ok=True)
    return wishes.folder


def _free_port(wish: int | None) -> int:
    """Return the port that was asked for, else the usual one, or any where that is taken."""
    for port in (PORT, 0) if wish is None else (wish,):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise Failed(f"port {wish} is taken; choose another one with --port")


def _day(at: int) -> str:
    return f"{to_datetime(at):%a %d %b %Y, %H:%M} UTC of demo time"
