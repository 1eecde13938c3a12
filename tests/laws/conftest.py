"""Says at the end how often the generated stories hit what is hard: `--hypothesis-profile=thorough` tries more."""

import pytest
from hypothesis import HealthCheck, settings

from tests.laws import frequencies

settings.register_profile(
    "thorough", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the frequencies, where they were counted."""
    if frequencies.COUNTED:
        terminalreporter.write_line(f"Of the generated stories have: {frequencies.line(frequencies.COUNTED)}")
