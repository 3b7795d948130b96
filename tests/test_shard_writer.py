"""shard_writer: one call, without a Beam runner around it."""

import dataclasses
import pickle
from pathlib import Path

import numpy as np
import pytest

from components import shard_writer, work_folder
from seg_models import dataset, errors, image_files, listing, manifest
from seg_models.datasets import folder
from tests import small_folder

TASK = work_folder.Task("train", 1, 3, 4, "f")
NAME = "records-00001-of-00003.tfrecord"
TWICE = listing.Listed(dataset.Item("twice"), "twice: two items of one key")


def prepared(tmp_path: Path, rules: shard_writer.Rules, last: listing.Listed = TWICE) -> shard_writer.ConvertShard:
    """A worker, and four items with the last of them broken, as the driver gives them."""
    made = folder.Config(data_dir=str(small_folder.make(tmp_path / "raw", count=5)))
    items = [item for split in ("train", "eval") for item in folder.items(made, split)][:3]
    work = work_folder.WorkFolder(str(tmp_path / "out"), "run", "rules")
    work.take_over({TASK: [*map(listing.Listed, items), last]})
    writer = pickle.loads(pickle.dumps(shard_writer.ConvertShard(made, folder.info(made), work, rules)))
    writer.setup()
    return writer


def test_skip_writes_the_rest_and_lists_the_broken(tmp_path: Path) -> None:
    writer = prepared(tmp_path, shard_writer.Rules("skip"))
    assert list(writer.process(TASK)) == [TASK.name]
    ((task, part),) = writer.work.accounts([TASK]).items()
    assert (task, part.records, part.shards[0].name) == (TASK, 3, NAME)
    assert part.skipped == (("twice", "twice: two items of one key"),)
    assert part.shards[0].size == (tmp_path / "out" / "Split-train" / NAME).stat().st_size
    left = sorted(path.name for path in (tmp_path / "out" / work_folder.FOLDER).iterdir())
    assert left == [f"done-{TASK.name}.json", f"items-{TASK.name}.pickle", "run"]


def test_fail_stops_the_other_workers_hands_the_reason_on_and_writes_nothing(tmp_path: Path) -> None:
    writer = prepared(tmp_path, shard_writer.Rules("fail"))
    assert list(writer.process(TASK)) == []
    assert writer.work.failure() == "twice: two items of one key"
    assert not writer.work.is_at_work()
    assert not list((tmp_path / "out" / "Split-train").iterdir())
    assert not writer.work.accounts([TASK])


def test_a_worker_whose_conversion_was_taken_over_writes_nothing(tmp_path: Path) -> None:
    writer = prepared(tmp_path, shard_writer.Rules("skip"))
    work_folder.WorkFolder(str(tmp_path / "out"), "another run", "rules").take_over({})
    assert list(writer.process(TASK)) == []
    assert not list((tmp_path / "out" / "Split-train").iterdir())


def test_an_image_above_the_limit_is_broken(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    small_folder.save(path, np.zeros((30, 40), np.uint8))
    large = listing.Listed(dataset.Item("large", (("image", str(path)), ("mask", str(path)))))
    writer = prepared(tmp_path, shard_writer.Rules("skip", max_pixels=1199), large)
    list(writer.process(TASK))
    image_files.limit_pixels(image_files.MAX_PIXELS)
    (part,) = writer.work.accounts([TASK]).values()
    assert part.records == 3 and [key for key, _ in part.skipped] == ["large"]
    assert "--max_pixels" in part.skipped[0][1]


def test_rules_are_checked() -> None:
    with pytest.raises(errors.UserError, match="`on_error` is `skipp`; expected `fail` or `skip`"):
        shard_writer.Rules("skipp")
    with pytest.raises(errors.UserError, match="`max_pixels` is 0"):
        shard_writer.Rules(max_pixels=0)


def test_findings_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load = folder.load
    doubt = dataset.Finding("area", "too small")
    monkeypatch.setattr(folder, "load", lambda *each: dataclasses.replace(load(*each), findings=(doubt,)))
    writer = prepared(tmp_path, shard_writer.Rules("skip"))
    list(writer.process(TASK))
    (part,) = writer.work.accounts([TASK]).values()
    assert part.findings == {"area": 3} and part.first_findings == (("area", "too small"),) * manifest.KEPT_FINDINGS
