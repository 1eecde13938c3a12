"""Who asks: an account that may act or only read, or somebody at this machine where there are no accounts."""

from dataclasses import dataclass
from typing import Literal

from starlette.requests import Request

from milepost.store.accounts import Account, Role


@dataclass(frozen=True, slots=True)
class Who:
    """Whoever was let in, and whose pages they see."""

    tenant: str
    account: str | None
    role: Role
    by: Literal["machine", "password", "key"]

    @property
    def may_act(self) -> bool:
        """Whether they may change anything."""
        return self.role == "coordinator"


def somebody_here(tenant: str) -> Who:
    """Return somebody at this machine, who may do everything while there are no accounts."""
    return Who(tenant, None, "coordinator", "machine")


def owner_of(account: Account, by: Literal["password", "key"]) -> Who:
    """Return whoever proved that an account is theirs."""
    return Who(account.tenant, account.name, account.role, by)


def who_asks(request: Request) -> Who:
    """Return whom `Access` has let in with this request."""
    who = find_who(request)
    if who is None:
        raise RuntimeError(f"{request.url.path} is answered to anybody, and must not ask who it is")
    return who


def find_who(request: Request) -> Who | None:
    """Return whom `Access` has let in; None where it lets in everybody."""
    return getattr(request.state, "who", None)
