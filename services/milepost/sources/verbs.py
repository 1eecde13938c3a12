"""What the verbs of xAPI say that somebody did, by the vocabularies of ADL, cmi5, TLA and Activity Streams."""

from collections.abc import Mapping

from milepost_schemas.words import Claim

ADL = "http://adlnet.gov/expapi/verbs/"
CMI5 = "https://w3id.org/xapi/adl/verbs/"
TLA = "https://w3id.org/xapi/tla/verbs/"
ACROSSX = "https://w3id.org/xapi/acrossx/verbs/"
TINCAN = "http://id.tincanapi.com/verb/"
STREAMS = "http://activitystrea.ms/schema/1.0/"
STREAMS_SHORT = "http://activitystrea.ms/"


def _each(claims: tuple[Claim, ...], *verbs: str) -> dict[str, tuple[Claim, ...]]:
    return dict.fromkeys(verbs, claims)


CLAIMS: Mapping[str, tuple[Claim, ...]] = {
    **_each(
        ("opened",),
        *(ADL + verb for verb in ("launched", "experienced")),
        *(TINCAN + verb for verb in ("viewed", "opened")),
        *(TLA + verb for verb in ("launched", "explored")),
        *(STREAMS + verb for verb in ("access", "open", "read", "watch", "listen", "play")),
        *(ACROSSX + verb for verb in ("accessed", "viewed", "opened", "read", "watched")),
    ),
    **_each(
        ("attempted",),
        *(ADL + verb for verb in ("attempted", "initialized", "progressed", "interacted", "resumed", "scored")),
        *(TLA + verb for verb in ("initialized", "resumed", "scored")),
        *(STREAMS + verb for verb in ("start", "submit")),
        *(STREAMS_SHORT + verb for verb in ("start", "submit")),
        CMI5 + "abandoned",
    ),
    **_each(("answered",), ADL + "answered", ADL + "responded"),
    **_each(("completed",), ADL + "completed", TLA + "completed", STREAMS + "complete", CMI5 + "satisfied"),
    **_each(("passed",), ADL + "passed", ADL + "mastered", TLA + "passed"),
    **_each(("failed",), ADL + "failed", TLA + "failed"),
    **_each(("completed", "passed"), CMI5 + "waived"),
    **_each(("attested",), STREAMS + "acknowledge", STREAMS + "agree", STREAMS + "confirm"),
}
"""What each verb claims by itself; a result may add to it."""

WRAPPERS = frozenset(
    {
        *(ADL + verb for verb in ("terminated", "suspended", "exited")),
        *(TLA + verb for verb in ("terminated", "suspended")),
    }
)
"""The ends of a sitting. Players put a result on them and void them when it goes on: their facts are provisional."""

JOINED = frozenset({STREAMS_SHORT + "join", STREAMS + "join"})
LEFT = frozenset({STREAMS_SHORT + "leave", STREAMS + "leave"})
ATTENDED = frozenset({ADL + "attended", STREAMS_SHORT + "attend", "https://w3id.org/xapi/adb/verbs/attended"})
BEGAN = frozenset({ADL + "initialized"})
ADJOURNED = frozenset({ADL + "terminated", TINCAN + "adjourned"})

UNCOMPLETED = "https://xapi.edlm/profiles/edlm-lms/concepts/verbs/uncompleted"
