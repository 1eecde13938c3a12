"""What can be set from outside: by the environment (`MILEPOST_...`), and over it by the command line."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

Days = Annotated[int, Field(ge=0, le=36_500)]

DATABASES = ("sqlite", "postgresql+psycopg", "postgresql", "postgres")


def _is_place(place: str) -> str:
    if not place.strip():
        raise ValueError("is empty: it must be a file's path, or a database's URL")
    kind, separator, _ = place.partition("://")
    if separator and kind not in DATABASES:
        raise ValueError("must be a file's path, or a URL such as postgresql+psycopg://user@host/milepost")
    return place


def _are_addresses(text: str) -> str:
    named = [address.strip() for address in text.split(",") if address.strip()]
    if not named or not all(address.rpartition(":")[2].isdecimal() for address in named):
        raise ValueError("must name addresses with their ports, e.g. kafka-1:9092,kafka-2:9092")
    return text


class Settings(BaseSettings):
    """The settings of one process."""

    model_config = SettingsConfigDict(
        env_prefix="MILEPOST_", frozen=True, extra="ignore", use_attribute_docstrings=True
    )

    database: Annotated[str, AfterValidator(_is_place)] = "milepost.db"
    """A SQLite file by its path, or a database by its URL."""

    host: str = "127.0.0.1"
    """Where to listen; wherever others than this machine can reach the pages, nobody gets in without an account."""

    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    """0 takes a free one."""

    clock: Literal["system", "manual"] = "system"
    """A manual clock moves when `PUT /test/clock` says so: for demos and tests."""

    clock_at: str | None = None
    """Where a manual clock starts, e.g. 2026-09-07T06:00:00Z; without it, where this database stopped."""

    server_key: SecretStr | None = None
    """At least 64 hexadecimal digits; without it, the key in `server_key_file`."""

    server_key_file: Path | None = None
    """Made where there is none; by default beside the database, `milepost.key`."""

    kafka: Annotated[str, AfterValidator(_are_addresses)] | None = None
    """The addresses of a Kafka cluster, e.g. kafka-1:9092,kafka-2:9092; without it one process does everything."""

    kafka_security: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    """How to speak to Kafka: encrypted with SSL, with a name and a password with SASL."""

    kafka_ca_file: Path | None = None
    """Who vouches for the brokers' certificates, as PEM; by default whom this machine trusts."""

    kafka_certificate_file: Path | None = None
    """Our own certificate, as PEM, where the brokers ask for one."""

    kafka_key_file: Path | None = None
    """The key of our own certificate, where it is not in the same file."""

    kafka_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    """How the password is proved to Kafka."""

    kafka_user: str | None = None
    """By which name Kafka knows us, with SASL."""

    kafka_password: SecretStr | None = None
    """The password of that name."""

    topic_prefix: Annotated[str, Field(pattern=r"^[a-zA-Z0-9._-]{0,100}$")] = "milepost."
    """What the names of topics and consumer groups begin with."""

    partitions: Annotated[int, Field(ge=1, le=1000)] = 12
    """Into how many partitions topics are made; it never changes for topics that are in use."""

    replication: Annotated[int, Field(ge=1, le=10)] = 1
    """On how many brokers each partition lies; 3 where there are three."""

    instance: Annotated[str, Field(pattern=r"^[a-zA-Z0-9._-]{1,100}$")] = "1"
    """Tells processes of one kind apart, and is the same after a restart: worker 1, worker 2."""

    data_dir: Path = Path("milepost-data")
    """A folder for what a worker keeps beside its records."""

    session_seconds: Annotated[float, Field(ge=1, le=30)] = 10
    """After how long of silence a worker is taken for dead, and its partitions are given to others."""

    kafka_seconds: Annotated[float, Field(gt=0, le=60)] = 4
    """How long the gateway waits for Kafka before it refuses a request."""

    statements_a_minute: Annotated[int, Field(ge=0)] = 1_000_000
    """How many statements a source may send to one gateway in a minute before it is asked to wait; 0 for no limit."""

    xapi_origins: Annotated[str, Field(pattern=r"^(\*|https?://[^/,\s]+(,https?://[^/,\s]+)*)?$")] | None = None
    """Whose pages may speak xAPI from a browser, e.g. https://content.example.com; several by commas, * is any."""

    clock_skew_ms: Annotated[int, Field(ge=0, le=60_000)] = 500
    """By how much the clocks of machines may differ; conclusions wait for that much longer."""

    keep_raw_days: Days = 90
    """For how long requests are kept as they came, for `milepost source tail`: they name people. 0 is for good."""

    keep_log_days: Days = 90
    """For how long messages of the log are kept that were taken in; nothing needs them any more. 0 is for good."""

    keep_unknown_days: Days = 0
    """For how long activities of no program are kept; one that is published later finds none older. 0 is for good."""

    keep_dead_letters_days: Days = 0
    """For how long one process keeps messages that could not be taken in; a site's lie in Kafka. 0 is for good."""

    keep_documents_days: Days = 0
    """For how long documents of content are kept after they last changed; content begins anew then. 0 is for good."""

    keep_audit_days: Days = 365
    """For how long it is kept who saw and did what on the pages. 0 is for good."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """From which level on lines are logged: debug, info, warning, error."""

    def key_file(self) -> Path:
        """Return where the server key lies: by default beside a SQLite database, else in the working folder."""
        if self.server_key_file is not None:
            return self.server_key_file
        folder = Path() if "://" in self.database else Path(self.database).parent
        return folder / "milepost.key"
