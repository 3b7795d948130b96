"""Files on any storage that Beam knows, this machine's included: written whole or not at all, listed, deleted.

What the user must see to, such as a full disk, is a UserError that names the path.
"""

import contextlib
import errno
import uuid
from collections.abc import Iterator
from typing import BinaryIO

import google_crc32c
from apache_beam.io import filesystem, filesystems

from seg_models import errors

_SYSTEM = filesystems.FileSystems
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Sink:
    """A file that is written to, and the size and checksum of what was."""

    def __init__(self, file: BinaryIO, path: str) -> None:
        self._file = file
        self._path = path
        self._checksum = 0
        self.size = 0

    def write(self, content: bytes) -> None:
        """Writes and counts in."""
        try:
            self._file.write(content)
        except OSError as error:
            raise _explanation(error, self._path) from None
        self._checksum = google_crc32c.extend(self._checksum, content)
        self.size += len(content)

    @property
    def crc32c(self) -> str:
        """The CRC-32C of everything written so far, which takes a tenth of the time of a cryptographic hash."""
        return f"{self._checksum:08x}"


def join(*parts: str) -> str:
    """The path of a file in a folder."""
    return _SYSTEM.join(*parts)


def exists(path: str) -> bool:
    """Whether there is such a file or local folder."""
    return _SYSTEM.exists(path)


def files(folder: str, pattern: str = "*") -> dict[str, int]:
    """The paths of the files in a folder, either of which may be a pattern, and their sizes."""
    found = _SYSTEM.match([join(folder, pattern)])[0].metadata_list
    return {metadata.path: metadata.size_in_bytes for metadata in found}


def read(path: str) -> bytes:
    """The content of a file."""
    with _SYSTEM.open(path) as file:
        return file.read()


def opened(path: str) -> BinaryIO:
    """A file opened to be read from its beginning."""
    return _SYSTEM.open(path)


def write(path: str, content: bytes) -> None:
    """Writes a file under a temporary name and renames it; makes its folder."""
    partial = partial_name(path)
    with create(partial) as sink:
        sink.write(content)
    rename(partial, path)


def partial_name(path: str) -> str:
    """A temporary name that no second attempt at the same file shares."""
    return f"{path}.{uuid.uuid4().hex}"


@contextlib.contextmanager
def create(path: str) -> Iterator[Sink]:
    """A new file to write to; makes its folder. Where an error ends the block, the file is deleted."""
    with _explained(path):
        file = _SYSTEM.create(path)
    try:
        yield Sink(file, path)
        # Closing writes what is still in the buffer.
        with _explained(path):
            file.close()
    except BaseException:
        with contextlib.suppress(OSError):
            file.close()
        with contextlib.suppress(OSError):
            delete([path])
        raise


def rename(path: str, new_path: str) -> None:
    """Renames a file; one that has the new name is replaced."""
    with _explained(new_path):
        _SYSTEM.rename([path], [new_path])


def make_folder(path: str) -> None:
    """Makes a folder, which object stores do without."""
    with _explained(path):
        if not exists(path):
            _SYSTEM.mkdirs(path)


def delete(paths: list[str]) -> None:
    """Deletes files that may be there."""
    present = [path for path in paths if exists(path)]
    if present:
        with _explained(present[0]):
            _SYSTEM.delete(present)


def delete_folder(folder: str) -> None:
    """Deletes a folder that may be there, and the files in it."""
    delete(list(files(folder)))
    delete([folder])


@contextlib.contextmanager
def _explained(path: str) -> Iterator[None]:
    """Turns an error of the storage into a UserError that names the path."""
    try:
        yield
    except OSError as error:
        raise _explanation(error, path) from None


def _explanation(error: OSError, path: str) -> errors.UserError:
    cause = _cause(error)
    if cause.errno in FULL:
        fix = "Make room, and give the same command again: what is whole stays."
    else:
        fix = "Make it writable, or choose another folder."
    return errors.UserError(f"{path}: cannot be written ({cause.strerror or cause}). {fix}")


def _cause(error: OSError) -> OSError:
    """The system's own error inside one of Beam's."""
    details = error.exception_details if isinstance(error, filesystem.BeamIOError) else None
    inner = next(iter((details or {}).values()), error)
    # Beam wraps the system's error into a second one of the same type.
    inner = inner.args[0] if inner.args and isinstance(inner.args[0], OSError) else inner
    return inner if isinstance(inner, OSError) else error
