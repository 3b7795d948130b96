"""The newest version of a model."""

from pathlib import Path

from seg_models import versions


def push(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "saved_model.pb").touch()


def test_the_newest_is_the_highest_number(tmp_path: Path) -> None:
    for name in ("9", "10", "old"):
        push(tmp_path / name)
    assert versions.newest(str(tmp_path)) == str(tmp_path / "10")
    (tmp_path / "saved_model.pb").touch()
    assert versions.newest(str(tmp_path)) == str(tmp_path)
    assert versions.newest(str(tmp_path / "absent")) == str(tmp_path / "absent")


def test_a_version_that_is_still_being_pushed_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "11" / "variables").mkdir(parents=True)
    assert versions.newest(str(tmp_path)) == str(tmp_path / "11"), "to say what is missing there"
    push(tmp_path / "9")
    assert versions.newest(str(tmp_path)) == str(tmp_path / "9")
    push(tmp_path / "11")
    assert versions.newest(str(tmp_path)) == str(tmp_path / "11")
