"""The name of a training's checkpoints changes with all that training depends on."""

import dataclasses
from pathlib import Path

from components import checkpoint_key
from seg_models import manifest
from tests import tiny_evaluation


def write(folder: Path, sha256: str) -> str:
    """A manifest with one record file of the given checksum."""
    split = manifest.SplitManifest(1, (manifest.Shard("a", 1, sha256),))
    folder.mkdir(exist_ok=True)
    (folder / manifest.FILE).write_text(manifest.to_json(manifest.Manifest(tiny_evaluation.INFO, {"train": split})))
    return str(folder)


def test_settings_code_and_records_count_and_the_place_does_not(tmp_path: Path) -> None:
    records = write(tmp_path / "records", "aa")
    key = checkpoint_key.of("settings", "code", records)
    assert key == checkpoint_key.of("settings", "code", write(tmp_path / "moved", "aa"))
    others = {
        checkpoint_key.of("other", "code", records),
        checkpoint_key.of("settings", "other", records),
        checkpoint_key.of("settings", "code", write(tmp_path / "changed", "bb")),
        checkpoint_key.of("settings", "code", records, "start"),
        checkpoint_key.of("settings", "code", records, "other start"),
    }
    assert key not in others and len(others) == 5


def test_what_was_left_out_does_not_count(tmp_path: Path) -> None:
    """Skipped items are in no record."""
    records = write(tmp_path / "records", "aa")
    before = checkpoint_key.of("settings", "code", records)
    found = manifest.read(records)
    skipped = dataclasses.replace(found.splits["train"], skipped=(("key", "truncated"),))
    (tmp_path / "records" / manifest.FILE).write_text(
        manifest.to_json(dataclasses.replace(found, splits={"train": skipped}))
    )
    assert checkpoint_key.of("settings", "code", records) == before
