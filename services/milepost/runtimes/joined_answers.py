"""Answers that leave in one piece: the head of an answer waits for the first of its body.

Uvicorn writes the two one after the other, and each goes out at once: two calls of the system and two packets, where a
small answer is both. An answer without a body ends its head by `flush`, or by the end of the connection.
"""

import asyncio
from typing import Any

END_OF_HEAD = b"\r\n\r\n"


class JoinedAnswers:
    """A transport that holds back the head of an answer until something follows."""

    def __init__(self, transport: asyncio.Transport) -> None:
        """Write to this transport."""
        self._transport = transport
        self._head = b""

    def write(self, data: bytes) -> None:
        """Send what is no head at once, after the head that waits for it."""
        if _is_head(data):
            self.flush()
            self._head = data
        else:
            head, self._head = self._head, b""
            self._transport.write(head + data)

    def flush(self) -> None:
        """Send the head that waits, if one does."""
        if self._head:
            head, self._head = self._head, b""
            self._transport.write(head)

    def close(self) -> None:
        """Close the connection after what was written."""
        self.flush()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        """Return whatever else the transport has."""
        return getattr(self._transport, name)


def _is_head(data: bytes) -> bool:
    """Say whether this is the head of an answer; one that only says to go on (100) is waited for by nobody else."""
    return data.startswith(b"HTTP/1.1 ") and not data.startswith(b"HTTP/1.1 1") and data.endswith(END_OF_HEAD)
