"""storage: whole files only, and deleting what may not be there."""

from pathlib import Path

from components import storage


def test_a_written_file_is_read_back_and_nothing_else_left(tmp_path: Path) -> None:
    path = storage.join(str(tmp_path), "new", "a.bin")
    storage.write(path, b"first")
    storage.write(path, b"second")
    assert storage.read(path) == b"second"
    assert storage.files(str(tmp_path / "new")) == [path]


def test_two_attempts_at_one_file_do_not_share_a_name() -> None:
    assert storage.partial_name("a") != storage.partial_name("a")


def test_files_of_several_folders_by_a_pattern(tmp_path: Path) -> None:
    for name in ("x-1/a", "x-2/b", "y/c"):
        storage.write(str(tmp_path / name), b"")
    assert sorted(storage.files(str(tmp_path / "x-*"))) == [str(tmp_path / "x-1" / "a"), str(tmp_path / "x-2" / "b")]


def test_deleting_leaves_the_rest_and_minds_no_absence(tmp_path: Path) -> None:
    storage.write(str(tmp_path / "f" / "a"), b"")
    storage.write(str(tmp_path / "b"), b"")
    storage.delete_folder(str(tmp_path / "f"))
    storage.delete_folder(str(tmp_path / "f"))
    storage.delete([str(tmp_path / "no")])
    storage.make_folder(str(tmp_path / "g"))
    storage.make_folder(str(tmp_path / "g"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b", "g"]
