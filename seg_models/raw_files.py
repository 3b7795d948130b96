"""The files of a raw data set, read where they lie; a zip file counts as a folder: `train2017.zip/a.jpg` is a path.

Every mistake a user can make with files, from a missing one to a name that leads out of its folder, is an error here.
"""

import contextlib
import functools
import io
import json as json_format
import os
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from seg_models import errors

# What archivers and file managers leave behind.
FOREIGN = ("__MACOSX", "Thumbs.db", "desktop.ini")


def root(data_dir: str, name: str) -> Path:
    """The folder of data set `name`; UserError where it is not set or not there."""
    if not data_dir:
        raise errors.UserError(f"`data_dir` of data set `{name}` is not set; give its folder: --data_dir FOLDER.")
    folder = Path(data_dir).expanduser()
    if not is_folder(folder):
        raise errors.UserError(f"`data_dir` of data set `{name}`: there is no folder {folder}.")
    return folder


def place(folder: str | os.PathLike[str], *candidates: str) -> Path | None:
    """The first candidate that is there; a candidate is a relative path of a file or folder.

    It is looked for in `folder`, then in the zip file of its first name, then in any zip file of `folder`.
    """
    folder = Path(folder)
    archives = [folder / name for name in names(folder) if name.lower().endswith(".zip")]
    for candidate in candidates:
        first = PurePosixPath(candidate).parts[0]
        own = [archive for archive in archives if archive.stem == first]
        # An archive may hold the folder it is named after, or begin with what is in that folder.
        rest = candidate[len(first) :].lstrip("/")
        within = [archive / candidate for archive in (*own, *archives)] + [archive / rest for archive in own]
        for path in (folder / candidate, *within):
            if exists(path) or is_folder(path):
                return path
    return None


def inside(folder: str | os.PathLike[str], name: str) -> Path:
    """The path of a file that a data file names.

    Raises:
      DataError: the name is empty, absolute, or leads out of the folder.
    """
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if not parts or parts[0].startswith("/") or ".." in parts or ":" in parts[0] or "\0" in name:
        raise errors.DataError(
            f"{folder}: the file name `{name}` is refused: expected a path in this folder, not absolute, without `..`."
        )
    return Path(folder, *parts)


def exists(path: str | os.PathLike[str]) -> bool:
    """Whether there is such a file, perhaps in a zip file."""
    archive, member = _split(path)
    if not archive:
        return os.path.isfile(path)
    return member in _archive(archive).files


def is_folder(path: str | os.PathLike[str]) -> bool:
    """Whether there is such a folder; a zip file is one, and may have some."""
    archive, member = _split(path)
    if not archive:
        return os.path.isdir(path)
    return not member or member in _archive(archive).folders


def names(folder: str | os.PathLike[str]) -> list[str]:
    """The names of files and folders directly in a folder, sorted; none where it is absent.

    Raises:
      UserError: the folder cannot be read, or a name in it is not UTF-8.
    """
    archive, member = _split(folder)
    if archive:
        return sorted(_archive(archive).folders.get(member, ()))
    try:
        found = sorted(name for name in os.listdir(folder) if _is_shown(name))
        "\n".join(found).encode()
        return found
    except (FileNotFoundError, NotADirectoryError):
        return []
    except UnicodeEncodeError as error:
        name = os.fsencode(error.object[: error.end].rpartition("\n")[2] + error.object[error.end :].partition("\n")[0])
        raise errors.UserError(f"{folder}: the file name {name!r} is not UTF-8. Rename the file.") from None
    except OSError as error:
        raise errors.UserError(f"{folder}: the folder cannot be read ({error.strerror}).") from None


def walk(folder: str | os.PathLike[str]) -> Iterator[str]:
    """The paths, relative to a folder and with `/`, of all files in it and below it, sorted within each folder.

    Raises:
      UserError: a folder cannot be read.
    """
    for name in names(folder):
        path = os.path.join(folder, name)
        # Within a folder a zip file is a file like any other: only a path that names it goes into it.
        if is_folder(path) and not os.path.isfile(path):
            yield from (f"{name}/{below}" for below in walk(path))
        else:
            yield name


def read(path: str | os.PathLike[str]) -> bytes:
    """A file's bytes.

    Raises:
      DataError: the file is missing, empty, or cannot be read.
    """
    with open(path) as file, _errors_of(path):
        content = file.read()
    if not content:
        raise errors.DataError(f"{path}: the file is empty. Get it again.")
    return content


@contextlib.contextmanager
def open(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:  # noqa: A001, the name says it: raw_files.open
    """A file opened to be read from its beginning.

    Raises:
      DataError: the file is missing or cannot be opened.
    """
    archive, member = _split(path)
    with _errors_of(path):
        file = _archive(archive).zip.open(member) if archive else io.open(path, "rb")
    with file:
        yield file


def chunks(path: str | os.PathLike[str], size: int = 1 << 20) -> Iterator[bytes]:
    """A file's bytes, at most `size` at a time; errors as `read` has them."""
    with open(path) as file:
        is_empty = True
        while True:
            with _errors_of(path):
                chunk = file.read(size)
            if not chunk:
                break
            is_empty = False
            yield chunk
    if is_empty:
        raise errors.DataError(f"{path}: the file is empty. Get it again.")


def json(path: str | os.PathLike[str]) -> object:
    """What a JSON file holds; DataError where it is none."""
    content = read(path)
    try:
        return json_format.loads(content)
    # Brackets in brackets without end are no JSON that anybody means.
    except (ValueError, RecursionError) as error:
        raise errors.DataError(f"{path}: not JSON, or truncated ({error}). Get the file again.") from None


def lines(path: str | os.PathLike[str]) -> list[str]:
    """The lines of a text file that are not blank, without blanks around them."""
    try:
        return [line.strip() for line in read(path).decode("utf-8-sig").splitlines() if line.strip()]
    except UnicodeDecodeError as error:
        raise errors.DataError(f"{path}: not a text file in UTF-8 ({error.reason} at byte {error.start}).") from None


def stamp(path: str | os.PathLike[str]) -> tuple[int, int]:
    """Size and time of a file, of a zip file's member size and checksum; (-1, -1) where it is missing."""
    archive, member = _split(path)
    try:
        if archive:
            entry = _archive(archive).zip.getinfo(member)
            return entry.file_size, entry.CRC
        status = os.stat(path)
    except (OSError, KeyError, errors.UserError):
        return -1, -1
    return status.st_size, status.st_mtime_ns


class _Archive:
    """An open zip file: `files`, and `folders` as {folder: names in it}."""

    def __init__(self, path: str) -> None:
        self.zip = zipfile.ZipFile(path)
        members = [name for name in self.zip.namelist() if not name.endswith("/")]
        self.files = {name for name in members if all(map(_is_shown, name.split("/")))}
        self.folders: dict[str, set[str]] = {"": set()}
        for name in self.files:
            *above, last = name.split("/")
            for depth, part in enumerate([*above, last]):
                self.folders.setdefault("/".join(above[:depth]), set()).add(part)


def _split(path: str | os.PathLike[str]) -> tuple[str, str]:
    """(zip file, member) of a path that leads into a zip file; ("", "") of others."""
    text = os.fspath(path)
    lowered = text.lower()
    end = lowered.find(".zip")
    while end >= 0:
        end += len(".zip")
        if (end == len(text) or text[end] in "/\\") and os.path.isfile(text[:end]):
            return text[:end], text[end + 1 :].replace("\\", "/").strip("/")
        end = lowered.find(".zip", end)
    return "", ""


def _archive(path: str) -> _Archive:
    """The zip file, opened once a process; again when the file changed."""
    try:
        status = os.stat(path)
        return _opened(path, status.st_mtime_ns, status.st_size, os.getpid())
    except (OSError, zipfile.BadZipFile) as error:
        raise errors.UserError(f"{path}: not a zip file that can be read, or truncated ({error}).") from None


@functools.lru_cache(maxsize=16)
def _opened(path: str, mtime_ns: int, size: int, process: int) -> _Archive:
    return _Archive(path)


def _is_shown(name: str) -> bool:
    return not name.startswith(".") and name not in FOREIGN


@contextlib.contextmanager
def _errors_of(path: str | os.PathLike[str]) -> Iterator[None]:
    """Turns what can go wrong with a file into a DataError that names it."""
    try:
        yield
    except (FileNotFoundError, NotADirectoryError, KeyError):
        raise errors.DataError(f"{path}: the file is missing.") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise errors.DataError(f"{path}: cannot be read from its zip file ({error}).") from None
    except (OSError, ValueError) as error:
        raise errors.DataError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error}).") from None
