"""storage: whole files only, deleting what may not be there, and a sentence for what the user must see to."""

import resource
import subprocess
import sys
from pathlib import Path

import google_crc32c
import pytest

from components import storage
from seg_models import errors
from tests import conftest


def test_a_written_file_is_read_back_and_nothing_else_left(tmp_path: Path) -> None:
    path = storage.join(str(tmp_path), "new", "a.bin")
    storage.write(path, b"first")
    storage.write(path, b"second")
    assert storage.read(path) == b"second"
    assert storage.files(str(tmp_path / "new")) == {path: 6}


def test_two_attempts_at_one_file_do_not_share_a_name() -> None:
    assert storage.partial_name("a") != storage.partial_name("a")


def test_a_sink_knows_what_was_written(tmp_path: Path) -> None:
    with storage.create(str(tmp_path / "a")) as sink:
        sink.write(b"one")
        sink.write(b"two")
    assert (sink.size, sink.crc32c) == (6, f"{google_crc32c.value(b'onetwo'):08x}")
    assert (tmp_path / "a").read_bytes() == b"onetwo"


def test_an_error_while_writing_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(KeyError), storage.create(str(tmp_path / "a")) as sink:
        sink.write(b"one")
        raise KeyError
    assert not list(tmp_path.iterdir())


def test_files_of_several_folders_by_a_pattern(tmp_path: Path) -> None:
    for name in ("x-1/a", "x-2/b", "y/c"):
        storage.write(str(tmp_path / name), b"")
    assert sorted(storage.files(str(tmp_path / "x-*"))) == [str(tmp_path / "x-1" / "a"), str(tmp_path / "x-2" / "b")]
    assert list(storage.files(str(tmp_path / "y"), "c*")) == [str(tmp_path / "y" / "c")]
    assert not storage.files(str(tmp_path / "y"), "d*")


def test_deleting_leaves_the_rest_and_minds_no_absence(tmp_path: Path) -> None:
    storage.write(str(tmp_path / "f" / "a"), b"")
    storage.write(str(tmp_path / "b"), b"")
    storage.delete_folder(str(tmp_path / "f"))
    storage.delete_folder(str(tmp_path / "f"))
    storage.delete([str(tmp_path / "no")])
    storage.make_folder(str(tmp_path / "g"))
    storage.make_folder(str(tmp_path / "g"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b", "g"]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    path = str(tmp_path / "file" / "a")
    with pytest.raises(errors.UserError, match=rf"{path}\.\w+: cannot be written \(File exists\).* another folder"):
        storage.write(path, b"")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "full").touch()
    with pytest.raises(errors.UserError, match="folder: cannot be written .Is a directory."):
        storage.rename(str(tmp_path / "file"), str(tmp_path / "folder"))


FULL = """
from components import storage
from seg_models import errors
import sys
try:
    storage.write(sys.argv[1], b"x" * 100_000)
except errors.UserError as error:
    print(error)
"""


def test_a_full_disk_is_named_and_nothing_left(tmp_path: Path) -> None:
    """A limit of the system on the size of files stands in for the disk: the same error of the same call."""
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))  # noqa: E731
    command = [sys.executable, "-W", "ignore", "-c", FULL, str(tmp_path / "a")]
    ended = subprocess.run(command, cwd=conftest.ROOT, capture_output=True, text=True, preexec_fn=limit)
    assert f"{tmp_path}/a." in ended.stdout and "cannot be written (File too large). Make room" in ended.stdout
    assert not list(tmp_path.iterdir())
