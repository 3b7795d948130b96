"""Runs a Beam pipeline to its end, to Ctrl-C, or to the death of one of its processes: never for ever."""

import concurrent.futures
import contextlib
import os
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator

import apache_beam as beam
import grpc

from components import worker_process
from seg_models import errors

# How long, in seconds, workers that were told to stop are waited for.
PATIENCE = 10.0
# Beam's name for the threads that each wait for a worker process of the direct runner.
WAITING = "run_worker"


def run(pipeline: beam.Pipeline, stop: Callable[[], None]) -> None:
    """Runs a pipeline in a thread of its own, so that Ctrl-C reaches this one, whatever Beam is doing.

    Args:
      pipeline: to run.
      stop: tells the workers, by whatever way they know, to come to an end; is called where anything but the end of
        the pipeline ends this call.

    Raises:
      UserError: a process of the direct runner died, for which Beam itself would wait for ever.
    """
    ended: concurrent.futures.Future[None] = concurrent.futures.Future()
    # A daemon: workers far away that do not stop must not keep the program from ending.
    thread = threading.Thread(target=_run, args=(pipeline, ended), name="pipeline", daemon=True)
    with _leash(), _watched(ended):
        thread.start()
        try:
            ended.result()
        except BaseException:
            # Where the disk is full nothing can be told, and the workers end by themselves.
            with contextlib.suppress(errors.UserError):
                stop()
            thread.join(PATIENCE)
            raise


def _run(pipeline: beam.Pipeline, ended: "concurrent.futures.Future[None]") -> None:
    # What Beam starts itself inherits this: Ctrl-C is for the main thread alone.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        pipeline.run().wait_until_finish()
    except BaseException as error:
        _end(ended, error)
    else:
        _end(ended)


def _end(ended: "concurrent.futures.Future[None]", error: BaseException | None = None) -> None:
    """Sets the outcome, unless there is one."""
    with contextlib.suppress(concurrent.futures.InvalidStateError):
        ended.set_exception(error) if error else ended.set_result(None)


@contextlib.contextmanager
def _leash() -> Iterator[None]:
    """A file without which worker processes end."""
    with tempfile.NamedTemporaryFile(prefix="segline-") as file:
        os.environ[worker_process.LEASH] = file.name
        yield


@contextlib.contextmanager
def _watched(ended: "concurrent.futures.Future[None]") -> Iterator[None]:
    """Ends the wait where a worker process dies; where it ends early, Beam's threads keep their complaints."""
    before = threading.excepthook

    def hook(told: threading.ExceptHookArgs) -> None:
        if told.thread and told.thread.name == WAITING:
            cause = f"A worker process died ({told.exc_value})."
            advice = "Where memory is short, --direct_num_workers 1 needs less; the same command goes on from here."
            _end(ended, errors.UserError(f"{cause} {advice}"))
        # A connection that breaks is never the whole story, and what follows the end is no story at all.
        elif not ended.done() and not isinstance(told.exc_value, grpc.RpcError):
            before(told)

    threading.excepthook = hook
    yield
    # Not where an error ends the block: the complaints come after it.
    threading.excepthook = before
