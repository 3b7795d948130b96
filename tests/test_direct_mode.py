"""direct_mode: the fastest use of this machine's cores, by the times that a few items take."""

import time

import apache_beam as beam
import pytest
from apache_beam.options import pipeline_options

from components import direct_mode
from pipeline import beam_flags
from seg_models import errors


def chosen(flags: list[str], seconds: float, count: int) -> tuple[str, int]:
    """The mode and workers for `count` items that each take so long, without using the interpreter."""
    pipeline = beam_flags.pipeline(flags)
    direct_mode.choose(pipeline, lambda item: time.sleep(seconds), range(count))
    options = pipeline.options.view_as(pipeline_options.DirectOptions)
    return options.direct_running_mode, options.direct_num_workers


@pytest.mark.parametrize(
    ("one", "threads", "workers", "mode"),
    [
        (8.0, 5.0, 2, direct_mode.THREADS),
        (8.0, 9.0, 2, direct_mode.ONE),
        (100.0, 60.0, 2, direct_mode.PROCESSES),
        (100.0, 51.0, 2, direct_mode.THREADS),
        (20.0, 20.0, 8, direct_mode.PROCESSES),
    ],
)
def test_the_shortest_time_wins(one: float, threads: float, workers: int, mode: str) -> None:
    assert direct_mode.fastest(one, threads, workers) == mode


def test_what_waits_gets_threads_and_what_is_short_nothing() -> None:
    assert chosen(["--direct_num_workers=4"], 0.02, 300) == (direct_mode.THREADS, 4)
    assert chosen(["--direct_num_workers=4"], 0.001, 300) == (direct_mode.ONE, 1)
    assert chosen(["--direct_num_workers=4"], 0.02, 0) == (direct_mode.ONE, 1)


def test_what_was_asked_for_stays() -> None:
    flags = ["--direct_num_workers=3", "--direct_running_mode=multi_processing"]
    assert chosen(flags, 0.0, 5) == (direct_mode.PROCESSES, 3)
    assert chosen(["--direct_num_workers=1"], 0.02, 300) == (direct_mode.ONE, 1)
    assert chosen(["--runner=DaskRunner"], 0.02, 300) == (direct_mode.ONE, 1)


def test_processes_get_the_plugin() -> None:
    pipeline = beam.Pipeline(
        options=pipeline_options.PipelineOptions(["--direct_running_mode=multi_processing", "--beam_plugins=mine"])
    )
    direct_mode.choose(pipeline, print, [])
    assert pipeline.options.view_as(pipeline_options.SetupOptions).beam_plugins == ["mine", direct_mode.PLUGIN]


def test_a_broken_item_is_left_to_the_conversion() -> None:
    def broken(item: int) -> None:
        raise errors.DataError("broken")

    direct_mode.choose(beam_flags.pipeline([]), broken, range(200))
