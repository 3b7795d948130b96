"""Which way of using this machine's cores is the fastest for a conversion: one thread, threads or processes.

Threads share one interpreter, which images that are merely copied hardly need and rendered ones need all the time;
processes take seconds to start. So a few images are converted one after the other, and a few on all threads at once:
the times tell.
"""

import concurrent.futures
import contextlib
import itertools
import logging
import multiprocessing
import time
from collections.abc import Callable, Sequence
from typing import Any

import apache_beam as beam
from apache_beam.options import pipeline_options
from apache_beam.runners.direct import direct_runner

from seg_models import errors

ONE, THREADS, PROCESSES = "in_memory", "multi_threading", "multi_processing"
# Imported in every process, and never in this one.
PLUGIN = "components.worker_plugin"
# Seconds until a new process, which imports Beam, converts its first image.
START = 5.0
# A conversion of fewer seconds is not worth the question.
SHORT = 2.0
# What is tried out: images of so many seconds, and no more than these.
SAMPLE_SECONDS = 0.2
SAMPLE = 50

logger = logging.getLogger("segline")

def choose(pipeline: beam.Pipeline, work: Callable[[Any], object], items: Sequence[Any]) -> None:
    """Sets the mode of Beam's direct runner where the pipeline's options give it several workers, but no mode.

    Args:
      pipeline: that is going to run.
      work: what is done with each item; a DataError is of no interest here.
      items: with which it is going to be done.
    """
    options = pipeline.options.view_as(pipeline_options.DirectOptions)
    if not isinstance(pipeline.runner, direct_runner.SwitchingDirectRunner):
        return
    workers = options.direct_num_workers or multiprocessing.cpu_count()
    if options.direct_running_mode == ONE and workers > 1:
        options.direct_running_mode = _tried(work, items, workers)
        options.direct_num_workers = 1 if options.direct_running_mode == ONE else workers
    if options.direct_running_mode == PROCESSES:
        setup = pipeline.options.view_as(pipeline_options.SetupOptions)
        setup.beam_plugins = [*(setup.beam_plugins or []), PLUGIN]
    if options.direct_running_mode != ONE:
        logger.info("%d %s", workers, "threads" if options.direct_running_mode == THREADS else "processes")


def fastest(one: float, threads: float, workers: int) -> str:
    """The mode that ends first, where one thread would take `one` seconds and all threads together `threads`."""
    seconds = {ONE: one, THREADS: threads, PROCESSES: START + one / workers}
    return min(seconds, key=lambda mode: seconds[mode])


def _tried(work: Callable[[Any], object], items: Sequence[Any], workers: int) -> str:
    """The mode that seems to be the fastest."""

    def timed(item: Any) -> float:
        began = time.monotonic()
        with contextlib.suppress(errors.DataError):
            work(item)
        return time.monotonic() - began

    pending = iter(items)
    # The first one loads what is loaded once.
    list(map(timed, itertools.islice(pending, 1)))
    spent: list[float] = []
    while sum(spent) < SAMPLE_SECONDS and len(spent) < min(SAMPLE, len(items) // (workers + 1)):
        spent.append(timed(next(pending)))
    one = sum(spent) / max(len(spent), 1) * len(items)
    if one < SHORT:
        return ONE
    several = list(itertools.islice(pending, len(spent) * workers))
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(workers) as executor:
        list(executor.map(timed, several))
    threads = (time.monotonic() - began) / max(len(several), 1) * len(items)
    return fastest(one, threads, workers)
