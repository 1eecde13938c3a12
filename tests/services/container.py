"""A Kafka broker in a container, where a Docker runs."""

import secrets
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from milepost.runtimes.local.child import Child
from milepost.runtimes.local.jars import KAFKA_VERSION
from milepost.runtimes.local.kafka import wait_until_it_answers
from milepost.runtimes.local.ports import free_port

IMAGE = f"apache/kafka:{KAFKA_VERSION}"
START_SECONDS = 300.0  # the image may have to be fetched
STOP_SECONDS = 20.0

CONTROLLER = 9093
FOR_ITSELF = 9092


@contextmanager
def in_container(folder: Path) -> Iterator[str]:
    """Run a broker in a container and give its address; the container is gone at the end, whatever happens to us."""
    folder.mkdir(parents=True, exist_ok=True)
    port, name = free_port(), f"milepost-test-{secrets.token_hex(6)}"
    # Docker's client stays attached and passes SIGTERM on to the broker; `--rm` then removes the container.
    child = Child(command(name, port), log=folder / "kafka.log", end_with=signal.SIGTERM, user=None)
    try:
        wait_until_it_answers(child, f"127.0.0.1:{port}", seconds=START_SECONDS)
        yield f"127.0.0.1:{port}"
    finally:
        child.stop(signal.SIGTERM, seconds=STOP_SECONDS)
        subprocess.run(["docker", "rm", "--force", name], capture_output=True, check=False, timeout=STOP_SECONDS)


def command(name: str, port: int) -> list[str]:
    """Return what starts the broker: reached from outside by the same port that it announces."""
    settings = {
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_NODE_ID": "1",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": f"1@localhost:{CONTROLLER}",
        "KAFKA_LISTENERS": f"OUTSIDE://:{port},INSIDE://localhost:{FOR_ITSELF},CONTROLLER://localhost:{CONTROLLER}",
        "KAFKA_ADVERTISED_LISTENERS": f"OUTSIDE://127.0.0.1:{port},INSIDE://localhost:{FOR_ITSELF}",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "CONTROLLER:PLAINTEXT,OUTSIDE:PLAINTEXT,INSIDE:PLAINTEXT",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_INTER_BROKER_LISTENER_NAME": "INSIDE",
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
        "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR": "1",
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS": "1000",
    }
    environment = [part for key, value in settings.items() for part in ("--env", f"{key}={value}")]
    return ["docker", "run", "--rm", "--name", name, "--publish", f"127.0.0.1:{port}:{port}", *environment, IMAGE]
