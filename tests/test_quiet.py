"""Silence, in a process of its own: it is for the whole process."""

import os
import subprocess
import sys

from tests import conftest

PROGRAM = """
import sys
from pipeline import quiet
quiet.down()
import logging, warnings
from absl import logging as absl_logging
warnings.warn("old")
absl_logging.warning("noise")
absl_logging.error("noise")
logging.getLogger("apache_beam.runners.worker").error("noise")
logging.getLogger("segline").info("ours")
print("arguments", sys.argv[1:])
"""


def output(**environment: str) -> str:
    """What the program prints, on either stream."""
    command = [sys.executable, "-c", PROGRAM, "--train.steps", "3"]
    # Another test in this process may have made it quiet.
    inherited = {name: value for name, value in os.environ.items() if name not in ("SEGLINE_VERBOSE", "PYTHONWARNINGS")}
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.run(
        command, cwd=conftest.ROOT, text=True, env={**inherited, **environment}, check=True, **streams
    ).stdout


def test_only_our_own_lines_are_left() -> None:
    assert output() == "      ours\narguments []\n"


def test_everything_is_shown_where_asked_for() -> None:
    shown = output(SEGLINE_VERBOSE="1")
    assert shown.count("noise") == 3 and "old" in shown and "ours" in shown
