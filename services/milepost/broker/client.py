"""How each Kafka client of ours is told where Kafka is, who we are, and how to prove it.

Three clients are in use: aiokafka (also below Faust), confluent-kafka, and kafka-python for administration. Each has
names of its own for the same things; they are translated here from the one set in the settings.

None of them compresses: aiokafka and kafka-python read lz4 and zstd only where further packages are installed.
"""

import ssl
from typing import Any

from milepost.broker.failing import BrokerError, NoBroker
from milepost.settings import Settings

Options = dict[str, Any]


def addresses_of(settings: Settings) -> list[str]:
    """Return the addresses of the brokers; raise NoBroker where none is set."""
    found = [address.strip() for address in (settings.kafka or "").split(",") if address.strip()]
    if not found:
        raise NoBroker
    return found


def for_aiokafka(settings: Settings, role: str) -> Options:
    """Return the options that every client of aiokafka takes."""
    options: Options = {
        "bootstrap_servers": addresses_of(settings),
        "client_id": client_id(settings, role),
        "security_protocol": settings.kafka_security,
    }
    context = tls_context(settings)
    if context is not None:
        options["ssl_context"] = context
    return options | _login(settings)


def for_kafka_python(settings: Settings, role: str) -> Options:
    """Return the options that every client of kafka-python takes; aiokafka has kept its names."""
    return for_aiokafka(settings, role)


def for_confluent_producer(settings: Settings, role: str) -> Options:
    """Return the options of a confluent-kafka producer that agrees with all others about the partition of a key."""
    return for_confluent(settings, role) | {"partitioner": "murmur2_random"}


def for_confluent(settings: Settings, role: str) -> Options:
    """Return the options that every client of confluent-kafka takes."""
    options: Options = {
        "bootstrap.servers": ",".join(addresses_of(settings)),
        "client.id": client_id(settings, role),
        "security.protocol": settings.kafka_security.lower(),
    }
    if _is_encrypted(settings):
        files = {
            "ssl.ca.location": settings.kafka_ca_file,
            "ssl.certificate.location": settings.kafka_certificate_file,
            "ssl.key.location": settings.kafka_key_file,
        }
        options |= {name: str(file) for name, file in files.items() if file is not None}
    if login := _login(settings):
        options["sasl.mechanism"] = login["sasl_mechanism"]
        options["sasl.username"] = login["sasl_plain_username"]
        options["sasl.password"] = login["sasl_plain_password"]
    return options


def client_id(settings: Settings, role: str) -> str:
    """Return what a broker's logs and quotas call this process, e.g. `milepost.worker-1`."""
    return f"{settings.topic_prefix}{role}-{settings.instance}"


def tls_context(settings: Settings) -> ssl.SSLContext | None:
    """Return what encrypts the connection and proves who both are; None where it is not encrypted."""
    if not _is_encrypted(settings):
        return None
    try:
        context = ssl.create_default_context(cafile=settings.kafka_ca_file)
        if settings.kafka_certificate_file is not None:
            context.load_cert_chain(settings.kafka_certificate_file, settings.kafka_key_file)
    except OSError as error:
        raise BrokerError(f"the certificates for Kafka cannot be read: {error}; see MILEPOST_KAFKA_CA_FILE") from error
    return context


def _is_encrypted(settings: Settings) -> bool:
    return settings.kafka_security in ("SSL", "SASL_SSL")


def _login(settings: Settings) -> Options:
    if not settings.kafka_security.startswith("SASL"):
        return {}
    if settings.kafka_user is None or settings.kafka_password is None:
        raise BrokerError(
            f"MILEPOST_KAFKA_SECURITY={settings.kafka_security} needs MILEPOST_KAFKA_USER and MILEPOST_KAFKA_PASSWORD"
        )
    return {
        "sasl_mechanism": settings.kafka_mechanism,
        "sasl_plain_username": settings.kafka_user,
        "sasl_plain_password": settings.kafka_password.get_secret_value(),
    }
