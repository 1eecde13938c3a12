"""One Kafka broker on this machine, from its own jars: started, stopped, killed, paused, and started again as it was.

    kafka = LocalKafka(folder, distribution=get_distribution())
    kafka.start()
    ... kafka.bootstrap ...
    kafka.stop()

Everything that it keeps lies in its folder: who makes a `LocalKafka` of the same folder gets the same broker,
with its topics, its messages and its port.
"""

import base64
import re
import secrets
import signal
import time
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from milepost.runtimes.local.child import Child, ServerFailed
from milepost.runtimes.local.jars import Distribution
from milepost.runtimes.local.ports import free_port
from milepost.runtimes.local.server import LocalServer, make_folder

START_SECONDS = 120.0
FORMAT_SECONDS = 60.0

PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{broker}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={log_dir}
auto.create.topics.enable=false
# One broker holds everything once.
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
# A few users need few partitions to keep their positions in.
offsets.topic.num.partitions=4
transaction.state.log.num.partitions=4
# Who joins a group starts at once, and may choose how soon it is missed.
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
# A broker that was killed is let in again when its old session has run out.
broker.session.timeout.ms=4000
broker.heartbeat.interval.ms=1000
# A few clients on one machine: more threads would only take turns.
num.network.threads=1
num.io.threads=2
# The default takes a quarter of the memory that the broker has.
log.cleaner.dedupe.buffer.size=33554432
"""


MACHINE = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
"""A broker for one machine shares its cores with all that it serves. Java's defaults are for a machine of its own: a
second, better compiler that takes more time than all else the broker does for its first hundred thousand messages, and
a collector with threads beside. What the first compiler makes is nearly as fast: most of the work is copying."""

MEMORY = "-Xmx512m"


class LocalKafka(LocalServer):
    """A broker with a folder of its own; while it is paused its connections stay open, and nobody gets an answer."""

    ENDS_BY = signal.SIGTERM

    def __init__(self, folder: Path, *, distribution: Distribution) -> None:
        """Lay out the folder, or find it as an earlier broker left it; nothing is started yet."""
        super().__init__()
        self.folder = folder.resolve()
        self.distribution = distribution
        self._properties = self.folder / "server.properties"
        if not self._properties.exists():
            self._lay_out()

    @property
    def bootstrap(self) -> str:
        """Where clients reach it: an address and a port that stay the same for this folder."""
        found = re.search(r"^advertised\.listeners=PLAINTEXT://(\S+)$", self._properties.read_text(), re.MULTILINE)
        if found is None:
            raise ServerFailed(f"{self._properties} names no address of the broker: remove the folder")
        return found.group(1)

    def start(self) -> None:
        """Start the broker and wait until it answers; raise ServerFailed, with its last words, if it does not."""
        if self.pid is not None:
            return
        if not (self.folder / "log" / "meta.properties").exists():
            self._format()
        java = self._java(*MACHINE, MEMORY, "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn")
        command = [*java, "kafka.Kafka", str(self._properties)]
        self._child = Child(command, log=self.folder / "kafka.log", end_with=signal.SIGKILL, user=None)
        try:
            wait_until_it_answers(self._child, self.bootstrap, seconds=START_SECONDS)
        except BaseException:
            self._child.kill()
            raise

    def _lay_out(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        text = PROPERTIES.format(broker=free_port(), controller=free_port(), log_dir=self.folder / "log")
        self._properties.write_text(text)

    def _format(self) -> None:
        """Make the folder of the log, under an id of its own."""
        cluster = base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")
        tool = ["kafka.tools.StorageTool", "format", f"--cluster-id={cluster}", "-c", str(self._properties)]
        make_folder("Kafka", [*self._java(*MACHINE), *tool], seconds=FORMAT_SECONDS)

    def _java(self, *options: str) -> list[str]:
        return [str(self.distribution.java), *options, "-cp", f"{self.distribution.jars}/*"]


def wait_until_it_answers(child: Child, bootstrap: str, *, seconds: float) -> None:
    """Wait until a broker that is starting takes part in its cluster; raise ServerFailed if it ends or takes longer."""
    until = time.monotonic() + seconds
    client = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0, "reconnect.backoff.max.ms": 200})
    while not _has_a_broker(client):
        if not child.is_running():
            raise ServerFailed(f"Kafka ended while it was starting:\n{child.last_words()}")
        if time.monotonic() > until:
            raise ServerFailed(f"Kafka does not answer after {seconds:.0f} s:\n{child.last_words()}")


def _has_a_broker(client: AdminClient) -> bool:
    """Say whether a broker answers that takes part in its cluster; wait half a second for one."""
    try:
        return bool(client.list_topics(timeout=0.5).brokers)
    except KafkaException:
        return False
