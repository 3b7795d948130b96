"""convert: what the command prints, refuses and leaves alone; the tests of conversion see to the records."""

import dataclasses
from pathlib import Path

import pytest

from pipeline import cli, quiet
from seg_models import dataset, image_files, manifest
from seg_models.datasets import folder
from tests import small_folder


@pytest.fixture(autouse=True)
def loud(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands that run in this process must not silence the tests after them."""
    monkeypatch.setattr(quiet, "down", lambda: None)


def converted(raw: Path, out: Path, *options: str) -> int:
    """Runs the command on one core; gives its exit code."""
    command = ["convert", "folder", "--data_dir", str(raw), "--output_dir", str(out), "--direct_num_workers", "1"]
    return cli.main([*command, *options])


def test_it_says_what_was_written_and_does_it_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    raw, out = small_folder.make(tmp_path / "raw"), tmp_path / "out"
    assert converted(raw, out, "--shards", "1") == 0
    shown = capsys.readouterr().out
    counts = {name: split.records for name, split in manifest.read(out).splits.items()}
    assert sum(counts.values()) == 12
    assert all(f"{name}: {count} images in 1 files\n" in shown for name, count in counts.items())
    stamp = (out / manifest.FILE).stat().st_mtime_ns
    assert converted(raw, out, "--shards", "1") == 0
    assert (out / manifest.FILE).stat().st_mtime_ns == stamp
    assert converted(raw, out, "--shards", "1", "--overwrite") == 0
    assert (out / manifest.FILE).stat().st_mtime_ns != stamp


def test_doubts_are_counted_and_the_first_ones_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    load = folder.load

    def doubtful(config: folder.Config, item: dataset.Item) -> dataset.Example:
        found = dataset.Finding("area", f"{item.key}: too small"), dataset.Finding("box", f"{item.key}: too large")
        return dataclasses.replace(load(config, item), findings=found)

    monkeypatch.setattr(folder, "load", doubtful)
    assert converted(small_folder.make(tmp_path / "raw"), tmp_path / "out") == 0
    shown = capsys.readouterr().out
    train = manifest.read(tmp_path / "out").splits["train"]
    assert train.findings == {"area": train.records, "box": train.records}
    assert f"doubtful annotations: {train.records} area, {train.records} box" in shown
    assert f"{train.first_findings[0][1]}\n" in shown


def test_a_large_image_is_refused_until_the_limit_is_raised(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw, out = small_folder.make(tmp_path / "raw"), tmp_path / "out"
    assert converted(raw, out, "--max_pixels", "700") == 1
    assert "32x24 pixels are more than the limit of 700" in capsys.readouterr().err
    assert converted(raw, out, "--max_pixels", "768") == 0
    image_files.limit_pixels(image_files.MAX_PIXELS)


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("file", "is a file; expected a folder"),
        ("file/below", "cannot be written"),
        ("a[1]", "has one of the signs"),
        ("raw/images", "holds files of the data set"),
    ],
)
def test_a_folder_that_cannot_be_is_named(
    tmp_path: Path, place: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = small_folder.make(tmp_path / "raw")
    (tmp_path / "file").touch()
    assert converted(raw, tmp_path / place) == 1
    shown = capsys.readouterr().err
    assert f"segline: {tmp_path / place}" in shown and message in shown and "Traceback" not in shown


def test_a_set_without_a_training_split_is_converted_with_a_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    raw = small_folder.make(tmp_path / "raw", count=1)
    assert converted(raw, tmp_path / "out") == 0
    assert "train: 1 images in 1 files" in capsys.readouterr().out
    assert "tiny_streets: no items in the split eval, so these records do not serve to train." in caplog.messages
    assert set(manifest.read(tmp_path / "out").splits) == {"train"}


def test_the_fields_of_the_data_set_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["convert", "toy_streets", "--seed", "7", "--runner", "DirectRunner", "--show"]) == 0
    shown = capsys.readouterr().out
    assert "--seed 7\n" in shown and "runner" not in shown
