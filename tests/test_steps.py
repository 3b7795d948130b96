"""Times for people. What the steps say is checked in test_end_to_end.py."""

import pytest

from pipeline import steps


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.04, "0.0 s"), (9.9, "9.9 s"), (12.4, "12 s"), (200, "3 min 20 s"), (3600, "60 min 0 s")]
)
def test_duration(seconds: float, text: str) -> None:
    assert steps.duration(seconds) == text
