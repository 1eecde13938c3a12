"""The sieve of statements: which are new, and which have an id that is known, with the same or another meaning."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Connection

from milepost.sources.xapi.comparison import equal
from milepost.store import statements
from milepost_schemas.submissions import NewStatement, Statement, Submission


class Sieve:
    """Knows the statements of some submissions that are kept already, and learns those that it lets through."""

    def __init__(self, connection: Connection, submissions: Sequence[Submission]) -> None:
        """Look all of them up at once."""
        asked: dict[str, list[str]] = defaultdict(list)
        for submission in submissions:
            asked[submission.tenant].extend(each.statement_id for each in submission.statements)
        self._kept: dict[str, dict[str, Statement]] = {
            tenant: dict(statements.bodies(connection, tenant, ids)) for tenant, ids in asked.items()
        }

    def conflicting(self, submission: Submission) -> Sequence[str]:
        """Return the ids of a submission under which a statement of another meaning is known, each once."""
        kept = self._kept[submission.tenant]
        known = ((each, kept.get(each.statement_id)) for each in submission.statements)
        return list(
            dict.fromkeys(
                each.statement_id for each, earlier in known if earlier is not None and not equal(each.came, earlier)
            )
        )

    def take(self, submission: Submission) -> Sequence[NewStatement]:
        """Return the statements whose ids were not known, and know them from now on."""
        kept = self._kept[submission.tenant]
        new = [each for each in submission.statements if each.statement_id not in kept]
        kept.update((each.statement_id, each.body) for each in new)
        return new
