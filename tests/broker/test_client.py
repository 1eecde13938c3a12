"""Each client is told the same about a cluster that is encrypted and asks who we are, by the names that it knows."""

import asyncio
import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from confluent_kafka import Producer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import SecretStr

from milepost.broker.client import addresses_of, for_aiokafka, for_confluent_producer, for_kafka_python, tls_context
from milepost.broker.failing import BrokerError
from milepost.settings import Settings

PASSWORD = "correct horse"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate with its key, which vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "kafka.example")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2036, 1, 1, tzinfo=UTC))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = tmp_path / "certificate.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + pem)
    return path


@pytest.fixture
def guarded(certificate: Path) -> Settings:
    """A cluster that is encrypted, and asks for a name and a password."""
    return Settings(
        kafka="127.0.0.1:1, 127.0.0.1:2",
        instance="7",
        kafka_security="SASL_SSL",
        kafka_ca_file=certificate,
        kafka_certificate_file=certificate,
        kafka_key_file=certificate,
        kafka_user="milepost",
        kafka_password=SecretStr(PASSWORD),
    )


def test_aiokafka_takes_what_it_is_told(guarded: Settings) -> None:
    options = for_aiokafka(guarded, "worker")

    async def build() -> None:
        await AIOKafkaProducer(**options).stop()

    asyncio.run(build())
    assert set(options) == set(for_kafka_python(guarded, "worker"))
    assert options["bootstrap_servers"] == ["127.0.0.1:1", "127.0.0.1:2"]
    assert options["client_id"] == "milepost.worker-7"
    assert (options["sasl_mechanism"], options["sasl_plain_username"]) == ("SCRAM-SHA-512", "milepost")
    assert options["sasl_plain_password"] == PASSWORD


def test_confluent_takes_the_same_in_its_own_words(guarded: Settings, certificate: Path) -> None:
    options = for_confluent_producer(guarded, "gateway")

    Producer(dict(options))
    assert options == {
        "bootstrap.servers": "127.0.0.1:1,127.0.0.1:2",
        "client.id": "milepost.gateway-7",
        "security.protocol": "sasl_ssl",
        "partitioner": "murmur2_random",
        "ssl.ca.location": str(certificate),
        "ssl.certificate.location": str(certificate),
        "ssl.key.location": str(certificate),
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "milepost",
        "sasl.password": PASSWORD,
    }


def test_who_is_not_who_the_certificate_says_is_not_spoken_to(guarded: Settings) -> None:
    context = tls_context(guarded)

    assert context is not None
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED


def test_without_encryption_there_is_neither_certificate_nor_password() -> None:
    plain = Settings(kafka="kafka-1:9092")

    assert tls_context(plain) is None
    assert set(for_aiokafka(plain, "worker")) == {"bootstrap_servers", "client_id", "security_protocol"}


def test_a_password_that_is_asked_for_and_not_set_is_told(guarded: Settings) -> None:
    with pytest.raises(BrokerError, match="needs MILEPOST_KAFKA_USER and MILEPOST_KAFKA_PASSWORD"):
        for_aiokafka(guarded.model_copy(update={"kafka_password": None}), "worker")


def test_a_certificate_that_cannot_be_read_is_told(guarded: Settings, tmp_path: Path) -> None:
    with pytest.raises(BrokerError, match=r"cannot be read.*MILEPOST_KAFKA_CA_FILE"):
        tls_context(guarded.model_copy(update={"kafka_ca_file": tmp_path / "nowhere.pem"}))


def test_addresses_are_parted_by_commas_however_they_are_written() -> None:
    assert addresses_of(Settings(kafka=" a:1 ,b:2,, ")) == ["a:1", "b:2"]


def test_no_password_shows_in_what_is_printed_of_the_settings(guarded: Settings) -> None:
    assert PASSWORD not in repr(guarded)
