"""A disk that is full in the middle of a conversion: one clear error, nothing half-written, all on a second try."""

import errno
from pathlib import Path
from typing import BinaryIO

import pytest
from apache_beam.io import filesystems

from components import conversion
from seg_models import errors
from tests import small_folder, test_conversion


class Disk:
    """Files that share a number of bytes; what does not fit is cut off, and is an error, as a disk does it."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.written = 0
        self._create = filesystems.FileSystems.create

    def create(self, path: str) -> "DiskFile":
        """A new file."""
        return DiskFile(self, self._create(path))


class DiskFile:
    """One file on a Disk."""

    def __init__(self, disk: Disk, file: BinaryIO) -> None:
        self._disk = disk
        self._file = file

    def write(self, content: bytes) -> None:
        """Writes what there is room for."""
        fits = content[: max(self._disk.room - self._disk.written, 0)]
        self._file.write(fits)
        self._disk.written += len(fits)
        if len(fits) < len(content):
            raise OSError(errno.ENOSPC, "No space left on device")

    def close(self) -> None:
        """Closes the file."""
        self._file.close()


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_a_disk_full_in_the_middle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, share: float) -> None:
    config = test_conversion.config(small_folder.make(tmp_path / "raw"))
    enough = Disk(1 << 30)
    monkeypatch.setattr(filesystems.FileSystems, "create", enough.create)
    conversion.convert(config, str(tmp_path / "whole"), test_conversion.on_workers())
    whole = test_conversion.contents(tmp_path / "whole")
    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(filesystems.FileSystems, "create", Disk(int(enough.written * share)).create)
        with pytest.raises(errors.UserError) as raised:
            conversion.convert(config, str(out), test_conversion.on_workers())
    said = "cannot be written (No space left on device). Make room"
    assert str(raised.value).startswith(f"{out}/") and said in str(raised.value)
    test_conversion.assert_not_whole(out)
    for path in out.glob("Split-*/*"):
        assert test_conversion.contents(out)[str(path.relative_to(out))] == whole[str(path.relative_to(out))]
    conversion.convert(config, str(out), test_conversion.on_workers())
    assert test_conversion.contents(out) == whole
