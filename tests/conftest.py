"""What holds for every test."""

from hypothesis import settings

pytest_plugins = ["tests.covering", "tests.not_run", "tests.services.needs", "tests.services.fixtures"]

# A slow machine is no failure; a failure prints what repeats it.
settings.register_profile("milepost", deadline=None, print_blob=True)
settings.load_profile("milepost")
