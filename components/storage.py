"""Files on any storage that Beam knows, this machine's included: written whole or not at all, listed, deleted."""

import uuid
from typing import BinaryIO

from apache_beam.io import filesystems

_SYSTEM = filesystems.FileSystems


def join(*parts: str) -> str:
    """The path of a file in a folder."""
    return _SYSTEM.join(*parts)


def exists(path: str) -> bool:
    """Whether there is such a file or local folder."""
    return _SYSTEM.exists(path)


def files(folder: str) -> list[str]:
    """The paths of the files in a folder, whose name may be a pattern."""
    return [metadata.path for metadata in _SYSTEM.match([join(folder, "*")])[0].metadata_list]


def read(path: str) -> bytes:
    """The content of a file."""
    with _SYSTEM.open(path) as file:
        return file.read()


def partial_name(path: str) -> str:
    """A temporary name that no second attempt at the same file shares."""
    return f"{path}.{uuid.uuid4().hex}"


def write(path: str, content: bytes) -> None:
    """Writes a file under a temporary name and renames it; makes its folder."""
    partial = partial_name(path)
    with create(partial) as file:
        file.write(content)
    rename(partial, path)


def rename(path: str, new_path: str) -> None:
    """Renames a file; one that has the new name is replaced."""
    _SYSTEM.rename([path], [new_path])


def create(path: str) -> BinaryIO:
    """A new file to write to, open; makes its folder."""
    return _SYSTEM.create(path)


def make_folder(path: str) -> None:
    """Makes a folder, which object stores do without."""
    if not exists(path):
        _SYSTEM.mkdirs(path)


def delete(paths: list[str]) -> None:
    """Deletes files that may be there."""
    present = [path for path in paths if exists(path)]
    if present:
        _SYSTEM.delete(present)


def delete_folder(folder: str) -> None:
    """Deletes a folder that may be there, and the files in it."""
    delete(files(folder))
    delete([folder])
