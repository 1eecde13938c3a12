"""What is wrong with Kafka, in a sentence that says what to do; one root for all that this package raises."""


class BrokerError(Exception):
    """Kafka did not do what was asked; the message says what, and what can be done."""


class NoBroker(BrokerError):
    """Nobody has said where Kafka is."""

    def __init__(self) -> None:
        super().__init__("no Kafka is set; name its addresses in MILEPOST_KAFKA, e.g. MILEPOST_KAFKA=kafka-1:9092")


class BrokerAway(BrokerError):
    """Kafka does not answer, or not in time; it may at the next attempt."""

    def __init__(self, addresses: str, error: BaseException | None = None) -> None:
        kind = f" ({type(error).__name__})" if error is not None else ""
        super().__init__(f"Kafka at {addresses} does not answer{kind}; is it running, and is MILEPOST_KAFKA right?")


class BrokerRefused(BrokerError):
    """Kafka answers, and refuses."""

    def __init__(self, addresses: str, asked: str, why: str) -> None:
        super().__init__(f"Kafka at {addresses} refuses to {asked}: {why}")
