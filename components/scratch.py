"""A folder that the driver and its workers share while something is looked at, and that is gone afterwards."""

import contextlib
import shutil
import tempfile
import time
import uuid
from collections.abc import Iterator

from components import storage

NAME = ".inspection"
# Seconds between two looks of a worker at whether it is to stop.
LOOK_EVERY = 1.0


class Stop:
    """A file in the folder that makes all workers stop after the image they have in hand."""

    def __init__(self, folder_path: str) -> None:
        self._path = storage.join(folder_path, "stop")
        self._looked = -LOOK_EVERY

    def set(self) -> None:
        """Makes them stop."""
        storage.write(self._path, b"")

    def is_set(self) -> bool:
        """Whether a worker is to stop; looks now and then only."""
        now = time.monotonic()
        if now - self._looked < LOOK_EVERY:
            return False
        self._looked = now
        return storage.exists(self._path)


@contextlib.contextmanager
def folder(output_dir: str) -> Iterator[str]:
    """The folder, empty: in `output_dir`, so that workers on other machines reach it; without one, on this machine."""
    if not output_dir:
        path = tempfile.mkdtemp(prefix="segline-")
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)
        return
    # What was killed may have left one behind; workers must not take its files for those of this one.
    for left in {path.rpartition("/")[0] for path in storage.files(storage.join(output_dir, f"{NAME}-*"))}:
        storage.delete_folder(left)
    path = storage.join(output_dir, f"{NAME}-{uuid.uuid4().hex[:8]}")
    try:
        storage.make_folder(output_dir)
        storage.make_folder(path)
        yield path
    finally:
        storage.delete_folder(path)
