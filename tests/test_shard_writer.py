"""shard_writer: one call, without a Beam runner around it."""

import logging
import pickle
from pathlib import Path

import pytest

from components import shard_writer
from seg_models import dataset, listing, manifest
from seg_models.datasets import folder
from tests import small_folder

TASK = shard_writer.Task("train", 1, 3, 4)
NAME = "records-00001-of-00003.tfrecord"


def prepared(tmp_path: Path) -> tuple[folder.Config, Path]:
    """Four items, the last of them broken, and the folders that the driver makes."""
    made = folder.Config(data_dir=str(small_folder.make(tmp_path / "raw", count=5)))
    out = tmp_path / "out"
    (out / "Split-train").mkdir(parents=True)
    (out / shard_writer.WORK).mkdir()
    items = [item for split in ("train", "eval") for item in folder.items(made, split)][:3]
    entries = [*map(listing.Listed, items), listing.Listed(dataset.Item("twice"), "twice: two items of one key")]
    (out / shard_writer.WORK / TASK.listing).write_bytes(pickle.dumps(entries))
    return made, out


def test_skip_writes_the_rest_and_lists_the_broken(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    made, out = prepared(tmp_path)
    with caplog.at_level(logging.INFO, logger="segline"):
        ((split, written),) = shard_writer.ConvertShard(made, str(out), "skip").process(TASK)
    assert (split, written.records, written.shards[0].name) == ("train", 3, NAME)
    assert written.skipped == (("twice", "twice: two items of one key"),)
    assert [path.name for path in (out / "Split-train").iterdir()] == [NAME]
    assert [path.name for path in (out / shard_writer.WORK).iterdir()] == [TASK.listing]
    assert caplog.messages[0].startswith("train: shard 2 of 3, 4 images, ")


def test_fail_stops_the_other_workers_and_hands_the_reason_on(tmp_path: Path) -> None:
    made, out = prepared(tmp_path)
    writer = shard_writer.ConvertShard(made, str(out), "fail")
    ((_, written),) = writer.process(TASK)
    assert written.skipped == (("twice", "twice: two items of one key"),)
    assert (out / shard_writer.WORK / shard_writer.FAILED).exists()
    assert list(writer.process(TASK)) == []


def test_a_writer_travels_to_workers(tmp_path: Path) -> None:
    made, out = prepared(tmp_path)
    writer = pickle.loads(pickle.dumps(shard_writer.ConvertShard(made, str(out), "skip")))
    ((_, written),) = writer.process(TASK)
    assert manifest.merged([written]).records == 3
