"""example_gen: the artifact that TFX's readers and the next steps get."""

from pathlib import Path

import pytest
import tensorflow as tf
from tfx.components.util import examples_utils
from tfx.proto import example_gen_pb2
from tfx.types import artifact_utils, standard_artifacts

from components import example_gen
from seg_models import config, errors, image_files, listing, manifest
from seg_models.datasets import folder
from tests import small_folder, test_conversion


def converted(root: Path, out: Path, max_pixels: int = image_files.MAX_PIXELS) -> standard_artifacts.Examples:
    """Runs the step's function on the data set in `root`, its Examples at `out`."""
    made = folder.Config(data_dir=str(root))
    examples = standard_artifacts.Examples()
    examples.uri = str(out)
    example_gen.ExampleGen.test_call(
        examples=examples,
        dataset=config.to_json(made),
        fingerprint=example_gen.fingerprint(made),
        max_pixels=max_pixels,
        shards=3,
        pipeline=test_conversion.on_workers(),
    )
    return examples


def test_tfx_finds_splits_format_and_records(tmp_path: Path) -> None:
    for split, count in (("train", 4), ("eval", 3), ("test", 2)):
        small_folder.make(tmp_path / "raw", count, split)
    examples = converted(tmp_path / "raw", tmp_path / "out")
    assert artifact_utils.decode_split_names(examples.split_names) == ["train", "eval", "test"]
    assert examples_utils.get_payload_format(examples) == example_gen_pb2.FORMAT_TF_EXAMPLE
    counts = {}
    for split in ("train", "eval", "test"):
        pattern = examples_utils.get_split_file_patterns([examples], split)[0]
        counts[split] = len(list(tf.data.TFRecordDataset(tf.io.gfile.glob(pattern))))
    assert counts == {"train": 4, "eval": 3, "test": 2}


def test_a_split_without_items_is_no_split(tmp_path: Path) -> None:
    examples = converted(small_folder.make(tmp_path / "raw"), tmp_path / "out")
    assert artifact_utils.decode_split_names(examples.split_names) == ["train", "eval"]
    assert set(manifest.read(tmp_path / "out").splits) == {"train", "eval"}


def test_the_fingerprint_of_the_cache_is_that_of_the_manifest(tmp_path: Path) -> None:
    made = folder.Config(data_dir=str(small_folder.make(tmp_path / "raw")))
    converted(tmp_path / "raw", tmp_path / "out")
    assert manifest.read(tmp_path / "out").fingerprint == example_gen.fingerprint(made) == listing.fingerprint(made)


def test_images_above_the_limit_are_refused(tmp_path: Path) -> None:
    raw = small_folder.make(tmp_path / "raw")
    with pytest.raises(Exception, match="32x24 pixels are more than the limit of 767"):
        converted(raw, tmp_path / "out", 767)
    image_files.limit_pixels(image_files.MAX_PIXELS)


def test_a_pipeline_that_trains_needs_both_splits(tmp_path: Path) -> None:
    made = folder.Config(data_dir=str(small_folder.make(tmp_path / "raw", count=1)))
    with pytest.raises(errors.UserError, match="no items in its split `eval`"):
        example_gen.fingerprint(made)
    with pytest.raises(errors.UserError, match="no items in its split `eval`"):
        converted(tmp_path / "raw", tmp_path / "out")
