"""scratch: the folder is there, is empty, and is gone however the block ends."""

from pathlib import Path

import pytest

from components import scratch


@pytest.mark.parametrize("inside", [True, False])
def test_it_is_gone_afterwards(tmp_path: Path, inside: bool) -> None:
    with scratch.folder(str(tmp_path / "out") if inside else "") as path:
        assert list(Path(path).iterdir()) == []
        (Path(path) / "file").touch()
        assert Path(path).is_relative_to(tmp_path) == inside
    assert not Path(path).exists()
    with pytest.raises(KeyboardInterrupt), scratch.folder(str(tmp_path / "out") if inside else "") as path:
        (Path(path) / "file").touch()
        raise KeyboardInterrupt
    assert not Path(path).exists()


def test_what_was_left_behind_is_removed_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / f"{scratch.NAME}-dead").mkdir()
    (tmp_path / f"{scratch.NAME}-dead" / "found-1").touch()
    (tmp_path / "findings.json").touch()
    with scratch.folder(str(tmp_path)) as path:
        assert list(Path(path).iterdir()) == []
    assert [path.name for path in tmp_path.iterdir()] == ["findings.json"]


def test_workers_see_that_they_are_to_stop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stop, worker = scratch.Stop(str(tmp_path)), scratch.Stop(str(tmp_path))
    assert not worker.is_set()
    stop.set()
    assert scratch.Stop(str(tmp_path)).is_set()
    monkeypatch.setattr(scratch, "LOOK_EVERY", 0.0)
    assert worker.is_set()
