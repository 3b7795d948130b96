"""How far a conversion is, said while it runs: counted by the accounts of finished shards, whoever writes them."""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence

from components import work_folder

# Seconds between two sentences.
EVERY = 5.0

logger = logging.getLogger("segline")


@contextlib.contextmanager
def shown(work: work_folder.WorkFolder, tasks: Sequence[work_folder.Task], done: int) -> Iterator[None]:
    """Says every few seconds how far the tasks of the block are.

    Args:
      work: where the accounts are.
      tasks: that are still to do.
      done: shards that were finished before.
    """
    with told(lambda seconds: sentence(tasks, work.accounted(), done, seconds)):
        yield


@contextlib.contextmanager
def told(sentence_after: Callable[[float], str]) -> Iterator[None]:
    """Says every few seconds, while the block runs, the sentence for the seconds since it began."""
    ended = threading.Event()
    thread = threading.Thread(target=_watch, args=(ended, sentence_after), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def sentence(tasks: Sequence[work_folder.Task], finished: set[str], done: int, seconds: float) -> str:
    """How far, how fast, how long still.

    Args:
      tasks: of this run.
      finished: the names of those that are done.
      done: shards that were finished before this run.
      seconds: since it began.
    """
    images = sum(task.items for task in tasks if task.name in finished)
    left = sum(task.items for task in tasks) - images
    shards = f"{done + sum(task.name in finished for task in tasks)} of {done + len(tasks)} shards"
    if not images:
        return shards
    rate = images / max(seconds, 1e-9)
    return f"{shards}, {rate:.0f} images/s, {duration(left / rate)} left"


def parts(done: int, count: int, seconds: float) -> str:
    """How far work of so many equal parts is."""
    told = f"{min(done, count)} of {count} parts"
    return f"{told}, {duration(seconds / done * (count - done))} left" if 0 < done < count else told


def _watch(ended: threading.Event, sentence_after: Callable[[float], str]) -> None:
    began = time.monotonic()
    while not ended.wait(EVERY):
        logger.info(sentence_after(time.monotonic() - began))


def duration(seconds: float) -> str:
    """Seconds for people."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
