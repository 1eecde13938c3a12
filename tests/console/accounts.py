"""A console that people sign in to, from elsewhere and over TLS, by a clock of the machine that the test moves."""

from typing import Any

from argon2 import PasswordHasher
from sqlalchemy import update

from milepost.clock import ManualClock
from milepost.console.app import build_console
from milepost.store import accounts
from milepost.store.accounts import Role
from milepost.store.tables import used
from tests.console.http import Http
from tests.console.world import World

PASSWORD = "correct horse battery staple"
HASHED = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
BROWSER = {"sec-fetch-site": "same-origin"}
START = 1_800_000_000_000


class Door:
    """The console as it is where others can reach it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.machine = ManualClock(START)
        self.app = build_console(world.desk(world.services.database), open_here=False, machine=self.machine)

    def account(self, name: str, role: Role = "coordinator", *, tenant: str = "default") -> None:
        """Add an account, whose password is kept in a way that takes no time to work on."""
        with self.world.services.database.writing() as connection:
            accounts.add(connection, name, role=role, tenant=tenant, password=None, at=0)
            connection.execute(update(used.accounts).where(used.accounts.c.name == name).values(password=HASHED))

    def key(self, name: str) -> str:
        with self.world.services.database.writing() as connection:
            return accounts.new_key(connection, name)

    def browser(self, **options: Any) -> Http:
        asked = {"peer": "192.0.2.7", "base_url": "https://milepost.example", "headers": BROWSER, **options}
        return Http(self.app, **asked)

    def signed_in(self, name: str, **options: Any) -> Http:
        asked = self.browser(**options)
        assert asked.post("/sign-in", data={"name": name, "password": PASSWORD}).status_code == 303
        return asked

    def script(self, name: str) -> Http:
        return Http(self.app, peer="192.0.2.7", headers={"authorization": f"Bearer {self.key(name)}"})
