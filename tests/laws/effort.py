"""How many examples a law is tried with: enough for every day, ten times as many with the profile `thorough`."""

from hypothesis import settings

FACTOR = 20 if settings.get_current_profile_name() == "thorough" else 1


def examples(usual: int) -> settings:
    """Return the settings of a law."""
    return settings(max_examples=usual * FACTOR)
