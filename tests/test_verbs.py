"""The verbs that do one step: convert, train, evaluate, predict, one after the other on tiny street scenes."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from pipeline import cli, quiet
from seg_models import dataset, image_files, manifest, records
from seg_models.datasets import toy_streets

SCENES = ("--images_train", "4", "--images_eval", "2", "--height", "32", "--width", "48")
LEARNING = ("--input.size", "32,48", "--input.batch_size", "2", "--train.steps", "2", "--train.warmup_steps", "0")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with records/ and trained/model/."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(quiet, "down", lambda: None)
        made = tmp_path_factory.mktemp("verbs")
        records, trained = str(made / "records"), str(made / "trained")
        assert cli.main(["convert", "toy_streets", "--output_dir", records, *SCENES]) == 0
        learn = ["train", "toy_streets_unet", "--records", records, "--output_dir", trained, *LEARNING]
        assert cli.main(learn) == 0
    return made


@pytest.fixture(autouse=True)
def loud(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands that run in this process must not silence the tests after them."""
    monkeypatch.setattr(quiet, "down", lambda: None)


def test_convert_writes_what_was_asked_for(folder: Path) -> None:
    written = manifest.read(folder / "records")
    assert {name: split.records for name, split in written.splits.items()} == {"train": 4, "eval": 2}
    assert written.info == toy_streets.INFO


def test_train_says_that_it_leaves_the_search_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["train", "toy_streets_unet", "--records", "nowhere", "--output_dir", str(tmp_path)]
    assert cli.main([*command, "--tune.space", "model.width=8|16"]) == 1
    printed = capsys.readouterr()
    assert "`segline run` searches" in printed.out and "nowhere" in printed.err


@pytest.mark.parametrize("records", ["records", "records/Split-eval/*"])
def test_evaluate_prints_scores_and_writes_a_report(
    folder: Path, tmp_path: Path, records: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["evaluate", "--model", str(folder / "trained/model"), "--records", str(folder / records)]
    assert cli.main([*command, "--output_dir", str(tmp_path)]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["images"] == 2 and 0 <= printed["mean_iou"] <= 1
    assert json.loads((tmp_path / "metrics.json").read_text()) == printed
    assert "<html" in (tmp_path / "report.html").read_text()


def test_evaluate_names_a_pattern_that_fits_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["evaluate", "--model", str(folder / "trained/model"), "--records", "nowhere/*"]) == 1
    assert "nowhere/*: no such record file" in capsys.readouterr().err


def test_predict_writes_maps_overlay_and_segments_at_each_size(folder: Path, tmp_path: Path) -> None:
    sizes = {"small": (20, 30), "large": (70, 50)}
    for name, size in sizes.items():
        image = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
        image_files.write_atomically(tmp_path / "images" / f"{name}.png", image_files.encode_png(image))
    output = tmp_path / "predictions"
    command = [
        "predict",
        "--model",
        str(folder / "trained/model"),
        "--output_dir",
        str(output),
        str(tmp_path / "images"),
    ]
    assert cli.main(command) == 0
    for name, size in sizes.items():
        semantic = image_files.read_raw_mask(output / f"{name}.semantic.png")
        assert semantic.shape == size and semantic.max() < toy_streets.INFO.num_categories
        assert image_files.decode((output / f"{name}.overlay.png").read_bytes()).shape == (*size, 3)
        told = json.loads((output / f"{name}.json").read_text())
        assert (told["height"], told["width"]) == size
        stuff = {category: int((semantic == category).sum()) for category in np.unique(semantic).tolist()}
        things = toy_streets.INFO.thing_ids
        expected = {category: area for category, area in stuff.items() if category not in things}
        assert {each["category_id"]: each["area"] for each in told["segments"]} == expected


def test_predict_takes_records_of_a_split_without_labels(folder: Path, tmp_path: Path) -> None:
    sizes = {"town/a": (20, 30), "town/b": (70, 50)}
    path = tmp_path / "records" / "Split-test" / "records-00000-of-00001.tfrecord"
    path.parent.mkdir(parents=True)
    with open(path, "wb") as file:
        for key, size in sizes.items():
            image = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
            encoded = image_files.encode_png(image)
            records.write(file, records.encode(dataset.Example(key, encoded, "png", *size)))
    output = tmp_path / "predictions"
    command = ["predict", "--model", str(folder / "trained/model"), "--records", str(path), "--split", "test"]
    assert cli.main([*command, "--output_dir", str(output)]) == 0
    for key, size in sizes.items():
        assert image_files.read_raw_mask(output / f"{key}.semantic.png").shape == size


@pytest.fixture
def limit() -> Iterator[int]:
    """Fewer pixels than the images of these tests have."""
    yield 599
    image_files.limit_pixels(image_files.MAX_PIXELS)


def test_predict_refuses_a_large_image_before_the_model_looks_at_it(
    folder: Path, tmp_path: Path, limit: int, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "large.png"
    path.write_bytes(image_files.encode_png(np.zeros((20, 30, 3), np.uint8)))
    command = ["predict", "--model", str(folder / "trained/model"), "--output_dir", str(tmp_path / "out"), str(path)]
    assert cli.main([*command, "--max_pixels", str(limit)]) == 1
    assert f"{path}: 30x20 pixels are more than the limit of {limit}" in capsys.readouterr().err
    assert cli.main([*command, "--max_pixels", "600"]) == 0
    assert image_files.read_raw_mask(tmp_path / "out/large.semantic.png").shape == (20, 30)


def test_records_of_large_images_are_predicted_and_evaluated(
    folder: Path, tmp_path: Path, limit: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """They were accepted when they were converted; the limit is of files from elsewhere."""
    image_files.limit_pixels(limit)
    given = ["--model", str(folder / "trained/model"), "--records", str(folder / "records")]
    assert cli.main(["predict", *given, "--split", "eval", "--output_dir", str(tmp_path)]) == 0
    assert "2 predicted" in capsys.readouterr().out
    assert cli.main(["evaluate", *given]) == 0
    assert json.loads(capsys.readouterr().out)["images"] == 2


@pytest.mark.parametrize("second", ["b/records.tfrecord", "town.png"])
def test_predict_refuses_two_results_of_one_key(
    tmp_path: Path, second: str, capsys: pytest.CaptureFixture[str]
) -> None:
    encoded = image_files.encode_png(np.zeros((4, 5, 3), np.uint8))
    for name in ("a/records.tfrecord", second):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        with (tmp_path / name).open("wb") as file:
            records.write(file, records.encode(dataset.Example("town", encoded, "png", 4, 5)))
    given = ["--records", str(tmp_path / "a/records.tfrecord")]
    given = [str(tmp_path / second), *given] if second.endswith("png") else [*given, str(tmp_path / second)]
    assert cli.main(["predict", *given, "--model", "m", "--output_dir", str(tmp_path / "out")]) == 1
    told = capsys.readouterr().err
    assert "both have `town`" in told and str(tmp_path / second) in told and not (tmp_path / "out").exists()


@pytest.mark.parametrize(("content", "message"), [(b"no image", "not an image"), (None, "no such file")])
def test_predict_names_an_image_that_cannot_be_read(
    folder: Path, tmp_path: Path, content: bytes | None, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "broken.png"
    if content is not None:
        path.write_bytes(content)
    command = ["predict", "--model", str(folder / "trained/model"), "--output_dir", str(tmp_path / "out"), str(path)]
    assert cli.main(command) == 1
    assert f"{path}: {message}" in capsys.readouterr().err


def test_predict_refuses_two_images_of_one_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a/x.png", "b/x.jpg"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    command = ["predict", "--model", "m", "--output_dir", "o", str(tmp_path / "a/x.png"), str(tmp_path / "b/x.jpg")]
    assert cli.main(command) == 1
    assert "one name" in capsys.readouterr().err


def test_a_folder_without_a_model_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.png").touch()
    assert cli.main(["predict", "--model", str(tmp_path), "--output_dir", "o", str(tmp_path / "x.png")]) == 1
    assert f"{tmp_path}: no exported model here" in capsys.readouterr().err
