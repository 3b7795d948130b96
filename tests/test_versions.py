"""The newest version of a model."""

from pathlib import Path

from seg_models import versions


def test_the_newest_is_the_highest_number(tmp_path: Path) -> None:
    for name in ("9", "10", "old"):
        (tmp_path / name).mkdir()
    assert versions.newest(str(tmp_path)) == str(tmp_path / "10")
    (tmp_path / "saved_model.pb").touch()
    assert versions.newest(str(tmp_path)) == str(tmp_path)
    assert versions.newest(str(tmp_path / "absent")) == str(tmp_path / "absent")
