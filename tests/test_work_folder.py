"""work_folder: a conversion that was killed or failed goes on from where it was, and one that is done is left alone."""

import dataclasses
import logging
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from components import conversion, shard_writer, work_folder
from seg_models import errors, listing, manifest
from tests import conftest, small_folder
from tests.test_conversion import config, contents, on_workers, skipping

MANY = conversion.Settings(layout=conversion.Layout(shards=60))
FEW = conversion.Settings(layout=conversion.Layout(shards=4))
SCRIPT = """
import sys
from tests import test_work_folder as test
print([name for name in ("tensorflow", "tfx") if name in sys.modules], flush=True)
test.conversion.convert(test.config(test.Path(sys.argv[1])), sys.argv[2], test.on_workers(), test.MANY)
"""


def written(out: Path) -> dict[str, int]:
    """Shard -> when it was written; every new file has another time and number."""
    stats = {f"{path.parent.name}/{path.name}": path.stat() for path in out.glob("Split-*/*.tfrecord")}
    return {name: status.st_mtime_ns + status.st_ino for name, status in stats.items()}


def rewritten(before: dict[str, int], out: Path) -> set[str]:
    """The shards that are not those of before."""
    return {name for name, stamp in written(out).items() if before.get(name) != stamp}


def accounts(out: Path) -> set[str]:
    return {path.name for path in (out / work_folder.FOLDER).glob("done-*")}


def convert(root: Path, out: Path, settings: conversion.Settings = FEW) -> manifest.Manifest:
    return conversion.convert(config(root), str(out), on_workers(), settings)


def test_killed_in_the_middle_only_the_unfinished_shards_are_written(tmp_path: Path) -> None:
    raw, out = small_folder.make(tmp_path / "raw", count=300), tmp_path / "out"
    command = [sys.executable, "-W", "ignore", "-c", SCRIPT, str(raw), str(out)]
    process = subprocess.Popen(command, cwd=conftest.ROOT, stdout=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    while len(accounts(out)) < 10 and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.002)
    process.kill()
    assert process.communicate()[0].strip() == "[]", "conversion must not load TensorFlow or TFX"
    before, done = written(out), {name[len("done-") : -len(".json")] for name in accounts(out)}
    assert 10 <= len(done) < 118 and not (out / manifest.FILE).exists()
    with pytest.raises(errors.UserError, match="holds no complete records"):
        manifest.read(out)

    conversion.convert(config(raw), str(out), on_workers(2), MANY)
    assert {name[len("Split-") :].replace("/", "-") for name in rewritten(before, out)} == {
        f"{split}-{manifest.shard_name(index, count)}"
        for split, count in (("train", 60), ("eval", 60))
        for index in range(count)
    } - done
    convert(raw, tmp_path / "fresh", MANY)
    assert contents(out) == contents(tmp_path / "fresh")
    assert sorted(path.name for path in out.iterdir()) == ["Split-eval", "Split-train", "manifest.json"]


def test_what_is_done_is_not_done_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    raw, out = small_folder.make(tmp_path / "raw"), tmp_path / "out"
    first, before = convert(raw, out), written(out)
    stamp = (out / manifest.FILE).stat().st_mtime_ns
    with caplog.at_level(logging.INFO, logger="segline"):
        assert convert(raw, out) == first
    assert f"{out} is up to date; nothing was written." in caplog.messages
    # Nothing was left out, so it does not matter what would have been.
    assert convert(raw, out, conversion.Settings(shard_writer.Rules("skip"), FEW.layout)) == first
    assert written(out) == before and (out / manifest.FILE).stat().st_mtime_ns == stamp
    assert convert(raw, out, conversion.Settings(layout=FEW.layout, overwrite=True)) == first
    assert rewritten(before, out) == set(before)


def test_what_is_done_otherwise_is_done_again(tmp_path: Path) -> None:
    raw, out = small_folder.make(tmp_path / "raw"), tmp_path / "out"
    convert(raw, out)
    before = written(out)
    (out / "Split-eval" / manifest.shard_name(0, 3)).write_bytes(b"cut")
    convert(raw, out)
    assert rewritten(before, out) == set(before)
    before = written(out)
    small_folder.save(raw / "images" / "003.png", np.zeros((24, 32, 3), np.uint8))
    with pytest.raises(errors.UserError, match="holds finished records of tiny_streets, 12 images.*--overwrite"):
        convert(raw, out)
    assert not rewritten(before, out)
    convert(raw, out, conversion.Settings(layout=FEW.layout, overwrite=True))
    assert rewritten(before, out) == set(before)


def stopped(tmp_path: Path) -> tuple[Path, Path, dict[str, int]]:
    """A conversion whose last shard has a broken mask: that mask, the records, the shards that were finished."""
    raw, out = small_folder.make(tmp_path / "raw", instances=False), tmp_path / "out"
    listed = listing.items(config(raw))
    mask = Path(listing.deal(listed["eval"], FEW.layout.shards)[-1][-1].item.path("mask"))
    small_folder.save(mask, np.full((24, 32), 3, np.uint8))
    with pytest.raises(errors.DataError, match=f"{mask}: raw value 3"):
        convert(raw, out)
    finished = written(out)
    assert len(finished) == len(accounts(out)) == 5
    return mask, out, finished


def repair(mask: Path) -> Path:
    """Writes the broken mask anew; gives the folder of the data set."""
    small_folder.save(mask, np.zeros((24, 32), np.uint8))
    return mask.parent.parent


def test_after_a_repair_the_finished_shards_stay(tmp_path: Path) -> None:
    mask, out, finished = stopped(tmp_path)
    raw = repair(mask)
    convert(raw, out)
    assert not rewritten(finished, out) & set(finished)
    convert(raw, tmp_path / "fresh")
    assert contents(out) == contents(tmp_path / "fresh")


def test_the_shard_of_a_file_that_changed_is_written_anew(tmp_path: Path) -> None:
    mask, out, finished = stopped(tmp_path)
    raw = repair(mask)
    for path in (raw / "images").iterdir():
        os.utime(path, ns=(0, 0))
    convert(raw, out)
    assert rewritten(finished, out) >= set(finished)


@pytest.mark.parametrize("damage", [b"", b"{}", b"[1]", b'{"part": {}}'])
def test_an_account_or_shard_that_is_not_whole_does_not_count(tmp_path: Path, damage: bytes) -> None:
    mask, out, finished = stopped(tmp_path)
    for path in (out / work_folder.FOLDER).glob("done-*"):
        path.write_bytes(damage)
    raw = repair(mask)
    convert(raw, out)
    assert rewritten(finished, out) >= set(finished)
    assert not (out / work_folder.FOLDER).exists()


def test_a_shard_that_was_cut_off_is_written_anew(tmp_path: Path) -> None:
    mask, out, finished = stopped(tmp_path)
    name = next(iter(finished))
    (out / name).write_bytes((out / name).read_bytes()[:-1])
    raw = repair(mask)
    convert(raw, out)
    convert(raw, tmp_path / "fresh")
    assert contents(out) == contents(tmp_path / "fresh")


def test_shards_of_another_layout_are_removed(tmp_path: Path) -> None:
    mask, out, _ = stopped(tmp_path)
    raw = repair(mask)
    other = conversion.Settings(layout=conversion.Layout(shards=3))
    convert(raw, out, other)
    convert(raw, tmp_path / "fresh", other)
    assert contents(out) == contents(tmp_path / "fresh")


def test_what_was_skipped_is_not_skipped_under_other_rules(tmp_path: Path) -> None:
    raw, out = small_folder.make(tmp_path / "raw", count=110), tmp_path / "out"
    (raw / "masks" / "005.png").unlink()
    assert sum(len(split.skipped) for split in convert(raw, out, skipping()).splits.values()) == 1
    before = written(out)
    assert sum(len(split.skipped) for split in convert(raw, out, skipping()).splits.values()) == 1
    assert not rewritten(before, out)
    with pytest.raises(errors.DataError, match="005.png"):
        convert(raw, out, conversion.Settings(overwrite=True))


def test_the_later_of_two_conversions_has_the_folder(tmp_path: Path) -> None:
    first, second = (work_folder.WorkFolder(str(tmp_path), run, "rules") for run in ("one", "two"))
    first.take_over({})
    assert first.is_at_work() and not second.is_at_work()
    second.take_over({})
    assert second.is_at_work() and not first.is_at_work()
    second.stop("why")
    assert not second.is_at_work() and first.failure() == second.failure() == "why"
    first.take_over({})
    assert first.is_at_work() and not first.failure()


def test_rules_are_part_of_the_plan_where_something_was_skipped() -> None:
    task, whole = work_folder.Task("train", 0, 1, 5, "f"), {"train": manifest.SplitManifest()}
    broken = {"train": manifest.SplitManifest(skipped=(("k", "why"),))}
    first, second = (work_folder.WorkFolder("o", "r", rules) for rules in ("fail", "skip"))
    elsewhere = work_folder.WorkFolder("elsewhere", "another", "skip")
    assert first.plan([task], whole) == second.plan([task], whole) == elsewhere.plan([task], whole)
    assert first.plan([task], broken) != second.plan([task], broken) == elsewhere.plan([task], broken)
    assert first.plan([dataclasses.replace(task, fingerprint="g")], whole) != first.plan([task], whole)
