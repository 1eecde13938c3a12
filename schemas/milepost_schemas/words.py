"""The closed sets of words and the shapes of names that every contract shares."""

from typing import Annotated, Literal

from pydantic import Field

Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f/]+$")]
"""A tenant, source, program, step, offering, session ...: printable, and without a slash, which parts keys."""

Key = Annotated[str, Field(min_length=1, max_length=1000, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""An opaque id: of a fact, a learner, an identifier, an actor key or a foreign meeting."""

Iri = Annotated[str, Field(min_length=3, max_length=2000, pattern=r"^[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20]+$")]
"""The id of an activity."""

Zone = Annotated[str, Field(min_length=1, max_length=64)]
"""A time zone of the IANA database, e.g. Europe/Berlin.

The gateway and the loader of programs refuse a name that they do not know. Whoever reads a message may have an older
database than who wrote it, so there an unknown name counts as not said: the next zone in line is taken.
"""

Share = Annotated[float, Field(ge=0.0, le=1.0)]
"""A part of a whole, from 0 to 1."""

Score = Annotated[float, Field(ge=-1.0, le=1.0)]
"""A scaled score as xAPI has it."""

Stage = Literal["pre_learning", "live", "reinforcement", "support"]

Claim = Literal["opened", "attempted", "answered", "completed", "passed", "failed", "attested", "uncompleted"]
"""What a source says that a learner did with an activity."""

SeatState = Literal["requested", "waitlisted", "booked", "canceled"]

Mark = Literal["present", "partial", "absent"]

Standing = Literal["known", "provisional", "guest"]
"""Who an identifier is: a learner that somebody declared, nobody yet, or a guest by a person's decision."""

Severity = Literal["info", "warning", "high", "critical"]

GapState = Literal["open", "mitigated", "resolved", "retracted", "superseded"]

Audience = Literal["learner", "coordinator", "manager", "instructor", "program_owner", "data_admin"]

SubjectKind = Literal["journey", "session", "source"]

Asks = tuple[Annotated[str, Field(max_length=100)], ...]
"""What programs ask of an activity: the questions that the facts which are kept of it have to answer.

Each is a claim (`completed`: when was it first so?), a measure (`score 0.8`: when was that reached first?), or
`outcome` (which attempt was the first, and which the latest?); `daily` before it asks the same within any days. When
anything was done first, and when it was un-ticked last, is always asked.
"""
