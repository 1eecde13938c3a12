"""What a statement says of the files that belong to it (Data 2.4.11); the files themselves travel apart."""

from milepost.sources.xapi.checks import Property, iri, language_map, record, text
from milepost.sources.xapi.formats import is_iri, is_media_type, is_sha2

SECTION = "Data 2.4.11"

ATTACHMENT = record(
    f"must be an attachment: an object ({SECTION})",
    {
        "usageType": iri(SECTION),
        "display": language_map(SECTION),
        "description": language_map(SECTION),
        "contentType": text(f"must be an internet media type ({SECTION})", is_media_type),
        "length": Property((int,), lambda length: length >= 0, f"must be a whole number of octets ({SECTION})"),
        "sha2": text(f"must be a SHA-2 in hexadecimal digits ({SECTION})", is_sha2),
        "fileUrl": text(f"must be an IRL with a scheme ({SECTION})", is_iri),
    },
    required={
        name: f"an attachment must have {name} ({SECTION})"
        for name in ("usageType", "display", "contentType", "length", "sha2")
    },
)
