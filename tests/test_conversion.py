"""conversion: the same bytes whatever the workers, one clear error, and nothing half-written taken for whole."""

import dataclasses
import hashlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import apache_beam as beam
import google_crc32c
import numpy as np
import pytest
from apache_beam.options import pipeline_options
from apache_beam.runners import runner

from components import conversion, shard_writer, work_folder
from seg_models import dataset, errors, manifest, records
from seg_models.datasets import folder
from tests import small_folder


def on_workers(count: int = 1) -> beam.Pipeline:
    mode = "in_memory" if count == 1 else "multi_threading"
    flags = ["--runner=DirectRunner", f"--direct_running_mode={mode}", f"--direct_num_workers={count}"]
    return beam.Pipeline(options=pipeline_options.PipelineOptions(flags))


def skipping() -> conversion.Settings:
    return conversion.Settings(shard_writer.Rules("skip"))


def config(root: Path) -> folder.Config:
    return folder.Config(data_dir=str(root))


def assert_not_whole(out: Path) -> None:
    """No manifest, and no shard but those that are finished."""
    accounts = {path.name for path in (out / work_folder.FOLDER).glob("done-*")}
    shards = {f"done-{path.parent.name[6:]}-{path.name}.json" for path in out.glob("Split-*/*")}
    assert not (out / manifest.FILE).exists() and shards <= accounts


def contents(root: Path) -> dict[str, str]:
    """Relative path -> hash, of every file."""
    paths = sorted(path for path in root.rglob("*") if path.is_file())
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def read(root: Path, split: str) -> list[dataset.Example]:
    examples = []
    for path in manifest.shards(root, split):
        with open(path, "rb") as file:
            examples += [records.decode(record) for record in records.read(file, path)]
    return examples


def test_every_item_is_written_as_it_was_loaded(tmp_path: Path) -> None:
    made = config(small_folder.make(tmp_path / "raw"))
    written = conversion.convert(made, str(tmp_path / "out"), on_workers())
    assert manifest.read(tmp_path / "out") == written
    assert written.info == folder.info(made)
    for split in ("train", "eval"):
        items = {item.key: item for item in folder.items(made, split)}
        examples = {example.key: example for example in read(tmp_path / "out", split)}
        assert examples.keys() == items.keys() and written.splits[split].records == len(items)
        for key, example in examples.items():
            expected = folder.load(made, items[key])
            assert example.image_bytes == Path(items[key].path("image")).read_bytes()
            np.testing.assert_array_equal(example.semantic, expected.semantic)
            np.testing.assert_array_equal(example.instance, expected.instance)
        for shard in written.splits[split].shards:
            content = (tmp_path / "out" / f"Split-{split}" / shard.name).read_bytes()
            assert (shard.size, shard.crc32c) == (len(content), f"{google_crc32c.value(content):08x}")
        assert len(written.splits[split].shards) == len(contents(tmp_path / "out" / f"Split-{split}"))
    # Of 24x32: 2 rows of void, cars of 6x6 and 7x9 pixels on the rest.
    assert written.splits["eval"].class_pixels[2] == len(read(tmp_path / "out", "eval")) * (36 + 63)
    assert written.splits["eval"].void_pixels == len(read(tmp_path / "out", "eval")) * 64
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["Split-eval", "Split-train", "manifest.json"]


def test_the_same_bytes_for_any_workers_and_order_of_items(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = config(small_folder.make(tmp_path / "raw", count=30))
    layout = conversion.Layout(shards=4, seed=7)
    conversion.convert(made, str(tmp_path / "one"), on_workers(1), conversion.Settings(layout=layout))
    conversion.convert(made, str(tmp_path / "two"), on_workers(2), conversion.Settings(layout=layout))
    original = folder.items

    def backwards(made: folder.Config, split: str) -> Iterator[dataset.Item]:
        yield from reversed(list(original(made, split)))

    monkeypatch.setattr(folder, "items", backwards)
    conversion.convert(made, str(tmp_path / "backwards"), on_workers(1), conversion.Settings(layout=layout))
    assert len(contents(tmp_path / "one")) == 4 + 4 + 1
    assert contents(tmp_path / "one") == contents(tmp_path / "two") == contents(tmp_path / "backwards")
    other = conversion.Settings(layout=conversion.Layout(shards=4, seed=8))
    conversion.convert(made, str(tmp_path / "other"), on_workers(1), other)
    assert contents(tmp_path / "other") != contents(tmp_path / "one")


def test_an_earlier_conversion_is_replaced_and_other_files_stay(tmp_path: Path) -> None:
    raw, out = small_folder.make(tmp_path / "raw"), tmp_path / "out"
    conversion.convert(config(raw), str(out), on_workers(), conversion.Settings(layout=conversion.Layout(shards=4)))
    (out / "Split-train" / "notes.txt").write_text("mine")
    (out / ".conversion").mkdir()
    (out / ".conversion" / "leftover").touch()
    anew = conversion.Settings(layout=conversion.Layout(shards=3), overwrite=True)
    conversion.convert(config(raw), str(out), on_workers(), anew)
    conversion.convert(config(raw), str(tmp_path / "fresh"), on_workers(), anew)
    (tmp_path / "fresh" / "Split-train" / "notes.txt").write_text("mine")
    assert contents(out) == contents(tmp_path / "fresh")
    assert not (out / ".conversion").exists()


def unlisted(root: Path) -> Path:
    small_folder.save(root / "masks" / "005.png", np.full((24, 32), 3, np.uint8))
    return root / "masks" / "005.png"


def resized(root: Path) -> Path:
    small_folder.save(root / "masks" / "005.png", np.zeros((24, 31), np.uint8))
    return root / "masks" / "005.png"


def truncated_png(root: Path) -> Path:
    path = root / "images" / "005.png"
    path.write_bytes(path.read_bytes()[:-9])
    return path


def truncated_jpeg(root: Path) -> Path:
    path = root / "images" / "005.jpg"
    small_folder.save(path, np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8))
    path.write_bytes(path.read_bytes()[:-9])
    (root / "images" / "005.png").unlink()
    return path


def no_mask(root: Path) -> Path:
    (root / "masks" / "005.png").unlink()
    return root / "masks" / "005.png"


def no_image(root: Path) -> Path:
    (root / "images" / "005.png").unlink()
    return root / "images" / "005.png"


def two_images(root: Path) -> Path:
    small_folder.save(root / "images" / "005.jpg", np.zeros((24, 32, 3), np.uint8))
    return root / "images" / "005.jpg"


BREAKAGES = [unlisted, resized, truncated_png, truncated_jpeg, no_mask, no_image, two_images]


@pytest.mark.parametrize("breakage", BREAKAGES)
def test_a_broken_item_is_one_clear_error_that_names_the_file(tmp_path: Path, breakage: Callable[[Path], Path]) -> None:
    path = breakage(small_folder.make(tmp_path / "raw"))
    with pytest.raises(errors.DataError) as caught:
        conversion.convert(config(tmp_path / "raw"), str(tmp_path / "out"), on_workers(2))
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value) and "while running" not in str(caught.value)
    assert_not_whole(tmp_path / "out")


def test_broken_items_are_skipped_and_listed_up_to_1_percent(tmp_path: Path) -> None:
    root = small_folder.make(tmp_path / "raw", count=110)
    path = no_mask(root)
    written = conversion.convert(config(root), str(tmp_path / "out"), on_workers(2), skipping())
    skipped = [entry for split in written.splits.values() for entry in split.skipped]
    assert [key for key, _ in skipped] == ["005"] and str(path) in skipped[0][1]
    assert sum(split.records for split in written.splits.values()) == 109
    assert "005" not in {example.key for split in ("train", "eval") for example in read(tmp_path / "out", split)}
    (root / "images" / "007.png").write_bytes(b"")
    anew = dataclasses.replace(skipping(), overwrite=True)
    with pytest.raises(errors.UserError, match="2 of 110 items are broken; at most 1% may be skipped") as caught:
        conversion.convert(config(root), str(tmp_path / "out"), on_workers(2), anew)
    assert str(path) in str(caught.value) and "images/007.png" in str(caught.value)
    assert_not_whole(tmp_path / "out")


class Idle(runner.PipelineRunner):
    """A runner that does nothing and calls it a success, as some do under a wrong set-up."""

    def run_pipeline(self, pipeline: beam.Pipeline, options: pipeline_options.PipelineOptions) -> runner.PipelineResult:
        result = runner.PipelineResult(runner.PipelineState.DONE)
        result.wait_until_finish = lambda: runner.PipelineState.DONE
        return result


def test_a_runner_that_loses_records_is_found_out(tmp_path: Path) -> None:
    root = small_folder.make(tmp_path / "raw")
    with pytest.raises(errors.UserError, match="says it is done, but of 4 shards 4 are missing"):
        conversion.convert(config(root), str(tmp_path / "out"), beam.Pipeline(runner=Idle()))
    assert not (tmp_path / "out" / manifest.FILE).exists()


def test_records_do_not_lie_among_their_sources_nor_in_a_file(tmp_path: Path) -> None:
    raw = small_folder.make(tmp_path / "raw")
    for folder in (raw / "images", raw / "masks" / "deeper"):
        with pytest.raises(errors.UserError, match=f"^{folder}: lies in .* which holds files of the data set"):
            conversion.convert(config(raw), str(folder), on_workers())
    (tmp_path / "file").touch()
    with pytest.raises(errors.UserError, match="file: is a file; expected a folder"):
        conversion.convert(config(raw), str(tmp_path / "file"), on_workers())
    with pytest.raises(errors.UserError, match="`shards` is -3"):
        conversion.Layout(shards=-3)
