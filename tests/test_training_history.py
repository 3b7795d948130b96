"""The numbers of a run, kept over kills."""

from pathlib import Path

from seg_models import history


def write(directory: Path, text: str) -> Path:
    (directory / history.FILE).write_text(text)
    return directory / history.FILE


def test_lines_come_back_without_what_is_no_number(tmp_path: Path) -> None:
    past = history.History(str(tmp_path / "new"), resumed_at=0)
    past.append(2, {"loss": 0.5, "mean_iou": float("nan")})
    past.append(4, {"loss": float("inf"), "mean_iou": 0.25})
    assert history.read(past.path) == [{"step": 2, "loss": 0.5}, {"step": 4, "mean_iou": 0.25}]


def test_a_line_that_was_cut_off_is_left_out(tmp_path: Path) -> None:
    assert history.read(write(tmp_path, '{"step": 1, "loss": 2.0}\n{"step": 2, "lo')) == [{"step": 1, "loss": 2.0}]
    # A number may be cut off too, and what is left of it still be one.
    assert history.read(write(tmp_path, '{"step": 1}\n{"step": 12}')) == [{"step": 1}]
    assert history.read(tmp_path / "absent") == []


def test_a_resumed_run_drops_what_it_will_do_again(tmp_path: Path) -> None:
    path = write(tmp_path, '{"step": 2}\n{"step": 4}\n{"step": 6}\n{"st')
    past = history.History(str(tmp_path), resumed_at=4)
    assert history.read(path) == [{"step": 2}, {"step": 4}]
    past.append(6, {"loss": 1.0})
    assert path.read_text() == '{"step": 2}\n{"step": 4}\n{"step": 6, "loss": 1.0}\n'


def test_a_run_from_the_start_drops_all(tmp_path: Path) -> None:
    write(tmp_path, '{"step": 2}\n')
    assert history.read(history.History(str(tmp_path), resumed_at=0).path) == []
