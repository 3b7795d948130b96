"""Fixtures that several test files share."""

import os
from pathlib import Path

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

ROOT = Path(__file__).resolve().parent.parent

# Set by `make slow`.
SLOW = "SEGLINE_SLOW"


def pytest_configure(config: pytest.Config) -> None:
    """Declares the marker, and silences the warnings that our dependencies earn."""
    config.addinivalue_line("markers", f"slow: takes minutes; runs where {SLOW}=1 (`make slow`)")
    for category in ("DeprecationWarning", "PendingDeprecationWarning", "FutureWarning"):
        config.addinivalue_line("filterwarnings", f"ignore::{category}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skips slow tests where they were not asked for."""
    for item in items:
        if item.get_closest_marker("slow") and not os.environ.get(SLOW):
            item.add_marker(pytest.mark.skip(reason=f"takes minutes; `make slow` or {SLOW}=1 runs it"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with real data sets; tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("SEGLINE_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data: {folder} is absent; set SEGLINE_TEST_DATA to the folder that holds it")
    return folder
