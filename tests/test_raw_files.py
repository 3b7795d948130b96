"""raw_files: folders and zip files read alike, names that lead out refused, and the errors of files."""

import os
import zipfile
from pathlib import Path

import pytest

from seg_models import errors, raw_files

FILES = {"train/a.txt": b"a", "train/deep/b.txt": b"b", "val/c.json": b'{"c": [1]}', "empty": b""}


@pytest.fixture(params=["folder", "zip"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The same files in a folder and in a zip file."""
    if request.param == "zip":
        with zipfile.ZipFile(tmp_path / "raw.zip", "w") as archive:
            for name, content in {**FILES, "__MACOSX/train/a.txt": b"", "train/.DS_Store": b""}.items():
                archive.writestr(name, content)
        return tmp_path / "raw.zip"
    for name, content in {**FILES, ".hidden": b"h"}.items():
        path = tmp_path / "raw" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tmp_path / "raw"


def test_files_are_listed_and_read(root: Path) -> None:
    assert raw_files.names(root) == ["empty", "train", "val"]
    assert list(raw_files.walk(root)) == ["empty", "train/a.txt", "train/deep/b.txt", "val/c.json"]
    assert raw_files.read(root / "train" / "deep" / "b.txt") == b"b"
    assert raw_files.json(root / "val" / "c.json") == {"c": [1]}
    assert raw_files.lines(root / "train" / "a.txt") == ["a"]
    assert raw_files.exists(root / "train/a.txt") and not raw_files.exists(root / "train")
    assert raw_files.is_folder(root / "train/deep") and not raw_files.is_folder(root / "train/a.txt")
    assert raw_files.names(root / "nowhere") == [] and list(raw_files.walk(root / "nowhere")) == []
    assert raw_files.stamp(root / "train/a.txt")[0] == 1 and raw_files.stamp(root / "nowhere") == (-1, -1)


def test_a_missing_an_empty_and_a_wrong_file_are_named(root: Path) -> None:
    for name in ("nowhere.txt", "train/a.txt/b"):
        with pytest.raises(errors.DataError, match=f"^{root / name}: the file is missing"):
            raw_files.read(root / name)
    with pytest.raises(errors.DataError, match=f"^{root / 'empty'}: the file is empty"):
        raw_files.read(root / "empty")
    with pytest.raises(errors.DataError, match="a.txt: not JSON"):
        raw_files.json(root / "train/a.txt")


def test_a_place_is_a_folder_or_a_zip_that_holds_it(tmp_path: Path) -> None:
    (tmp_path / "val").mkdir()
    for archive, name in (("train.zip", "train/a.txt"), ("bare.zip", "b.txt"), ("all_v2.zip", "notes/c.json")):
        with zipfile.ZipFile(tmp_path / archive, "w") as file:
            file.writestr(name, "x")
    assert raw_files.place(tmp_path, "val") == tmp_path / "val"
    assert raw_files.place(tmp_path, "train") == tmp_path / "train.zip" / "train"
    assert raw_files.place(tmp_path, "bare") == tmp_path / "bare.zip"
    assert raw_files.place(tmp_path, "bare/b.txt") == tmp_path / "bare.zip" / "b.txt"
    assert raw_files.place(tmp_path, "nowhere", "notes/c.json") == tmp_path / "all_v2.zip" / "notes" / "c.json"
    assert raw_files.place(tmp_path, "nowhere") is None


def test_a_truncated_zip_is_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr("a.txt", "x" * 100)
    content = (tmp_path / "a.zip").read_bytes()
    (tmp_path / "a.zip").write_bytes(content[:-30])
    with pytest.raises(errors.UserError, match="a.zip: not a zip file that can be read, or truncated"):
        raw_files.names(tmp_path / "a.zip")
    (tmp_path / "b.zip").write_bytes(content[:40] + b"y" + content[41:])
    with pytest.raises(errors.DataError, match="b.zip.*cannot be read from its zip file"):
        raw_files.read(tmp_path / "b.zip" / "a.txt")


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../a.jpg", "a/../../b.jpg", "C:\\a.jpg", "..\\a.jpg", "a\0.jpg"])
def test_names_that_lead_out_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(errors.DataError, match="is refused"):
        raw_files.inside(tmp_path, name)


def test_names_within_are_joined(tmp_path: Path) -> None:
    assert raw_files.inside(tmp_path, "a/ü b.jpg") == tmp_path / "a" / "ü b.jpg"


def test_an_unreadable_folder_is_an_error_and_not_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(folder: object) -> list[str]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "listdir", denied)
    with pytest.raises(errors.UserError, match=f"^{tmp_path}: the folder cannot be read .Permission denied"):
        list(raw_files.walk(tmp_path))


def test_root_is_a_folder_and_may_begin_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "data").mkdir()
    assert raw_files.root("~/data", "x") == tmp_path / "data"
    with pytest.raises(errors.UserError, match="`data_dir` of data set `x`: there is no folder"):
        raw_files.root("~/data/more", "x")
