"""pipeline_run: Ctrl-C and dead processes end a conversion soon, in one sentence, with nothing left running."""

import functools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import apache_beam as beam
import pytest

from components import pipeline_run, work_folder
from seg_models import manifest
from tests import conftest, test_conversion

# Enough work for half a minute.
SCENES = ("--images_train", "4000", "--images_eval", "8", "--height", "64", "--width", "64", "--shards", "400")
PROCESSES = ("--direct_num_workers=2", "--direct_running_mode=multi_processing")


def started(out: Path, *flags: str) -> subprocess.Popen[str]:
    """A conversion that has finished a few shards, with a terminal's process group of its own."""
    command = [sys.executable, "-m", "pipeline.cli", "convert", "toy_streets", "--output_dir", str(out)]
    process = subprocess.Popen(
        [*command, *SCENES, *flags],
        cwd=conftest.ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # What runs the tests in the background may have them, and so their children, ignore it.
        preexec_fn=functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 120
    while len(list((out / work_folder.FOLDER).glob("done-*"))) < 3 and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return process


def descendants(process_id: int) -> list[int]:
    """Its children, their children, and so on."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    pairs = [tuple(map(int, line.split())) for line in listed.splitlines()]
    children = [child for child, parent in pairs if parent == process_id]
    return children + [each for child in children for each in descendants(child)]


def assert_ended(processes: list[int], out: Path) -> None:
    """None of the processes is left, and the records are unfinished."""
    deadline = time.monotonic() + 20
    while any(Path(f"/proc/{each}").exists() for each in processes) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not [each for each in processes if Path(f"/proc/{each}").exists()]
    assert (out / work_folder.FOLDER).is_dir() and not (out / manifest.FILE).exists()


@pytest.mark.parametrize("flags", [("--direct_num_workers=1",), PROCESSES])
def test_ctrl_c_ends_it_soon_and_quietly(tmp_path: Path, flags: tuple[str, ...]) -> None:
    process = started(tmp_path / "out", *flags)
    processes, began = descendants(process.pid), time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130 and time.monotonic() - began < 30
    assert told.strip() == "segline: interrupted. The same command goes on from where it stopped."
    assert_ended(processes, tmp_path / "out")


@pytest.mark.slow
def test_a_process_that_was_killed_is_no_reason_to_wait_for_ever(tmp_path: Path) -> None:
    process = started(tmp_path / "out", *PROCESSES)
    processes = descendants(process.pid)
    os.kill(max(processes), signal.SIGKILL)
    _, told = process.communicate(timeout=90)
    assert process.returncode == 1
    assert "segline: A worker process died (Worker subprocess exited with return code 137)." in told
    assert "Traceback" not in told
    assert_ended(processes, tmp_path / "out")


def test_an_error_of_the_pipeline_is_that_of_the_call() -> None:
    stopped = []
    pipeline = test_conversion.on_workers()
    pipeline | beam.Create([1, 0]) | beam.Map(lambda number: 1 / number)
    with pytest.raises(ZeroDivisionError):
        pipeline_run.run(pipeline, lambda: stopped.append(True))
    assert stopped == [True]


def test_the_end_of_the_pipeline_is_that_of_the_call() -> None:
    stopped = []
    pipeline = test_conversion.on_workers()
    pipeline | beam.Create([1, 2])
    pipeline_run.run(pipeline, lambda: stopped.append(True))
    assert not stopped
