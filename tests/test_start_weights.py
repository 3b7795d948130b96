"""Training starts from the weights of an exported model, wherever path and shape agree."""

import dataclasses
import hashlib
import logging
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from seg_models import dataset, errors, export, model, start_weights, weight_paths
from seg_models.backbones import resnet
from seg_models.layers import normalization
from seg_models.models import deeplab_v3_plus, segnet, unet
from tests import tiny_evaluation, tiny_models, tiny_training


def build(classes: int = 5, depth: int = 1, seed: int = 0) -> model.SegmentationModel:
    """A U-Net of random weights, its statistics too."""
    info = dataset.DatasetInfo("some", tiny_models.INFO.categories[:classes], raw_values=())
    network = unet.build(unet.Config(depth=depth, width=4), info)
    for index, weight in enumerate(network.network.variables):
        if weight.dtype.is_floating:
            weight.assign(tf.random.stateless_uniform(weight.shape, (seed, index), 0.5, 1.5))
    return network


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder with version 3 of a model."""
    folder = tmp_path_factory.mktemp("versions")
    export.export(build(), str(folder / "3"), None)
    return str(folder)


def values(network: model.SegmentationModel) -> dict[str, np.ndarray]:
    named = weight_paths.named(network).items()
    return {path: weight.numpy() for path, weight in named if weight.dtype.is_floating}


def test_the_weights_of_an_exported_model_are_read_by_path(exported: str) -> None:
    expected = values(build())
    for folder in (exported, f"{exported}/3"):
        found = start_weights.read(folder)
        assert found.keys() == expected.keys() and "head/semantic/kernel" in found
        for path, value in expected.items():
            np.testing.assert_array_equal(found[path], value, err_msg=path)


def test_what_fits_is_taken_and_the_rest_is_left_and_told(exported: str, caplog: pytest.LogCaptureFixture) -> None:
    network = build(classes=4, seed=1)
    before, source = values(network), values(build())
    with caplog.at_level(logging.INFO, "segline"):
        start_weights.give(network, start_weights.read(exported), "there")
    changed = {path for path, value in values(network).items() if not np.array_equal(value, before[path])}
    assert set(before) - changed == {"head/semantic/kernel", "head/semantic/bias"}
    for path in changed:
        np.testing.assert_array_equal(values(network)[path], source[path])
    told = f"{len(changed)} of {len(before)} weights start from there. New: head/semantic/kernel, head/semantic/bias."
    assert told in caplog.text


def test_a_model_that_shares_nothing_is_refused(exported: str) -> None:
    network = tiny_models.build("deeplab_v3_plus", "group")
    given = {"head/elsewhere/kernel": np.zeros([2], np.float32)}
    with pytest.raises(errors.UserError, match="train.start_from.*none of the.*there.*head/elsewhere/kernel"):
        start_weights.give(network, given, "there")


def test_no_model_and_a_model_that_does_not_name_its_weights(tmp_path: Path) -> None:
    for function in (start_weights.read, start_weights.fingerprint):
        with pytest.raises(errors.UserError, match="no exported model here"):
            function(str(tmp_path / "nowhere"))
    with pytest.raises(errors.UserError, match="does not name its weights"):
        start_weights.read(tiny_evaluation.save_model(tmp_path / "painted"))


def test_the_fingerprint_tells_weights_apart(exported: str, tmp_path: Path) -> None:
    export.export(build(), str(tmp_path / "same"), None)
    export.export(build(seed=1), str(tmp_path / "other"), None)
    known = start_weights.fingerprint(exported)
    assert known == start_weights.fingerprint(f"{exported}/3") == start_weights.fingerprint(str(tmp_path / "same"))
    assert known != start_weights.fingerprint(str(tmp_path / "other"))


def test_all_that_trainings_start_from_is_told_apart(exported: str, tmp_path: Path) -> None:
    """Exported models, and the files that models and backbones, inside one another, name as `weights`."""
    file = tmp_path / "weights.h5"
    settings = tiny_training.settings()
    with_file = [
        dataclasses.replace(settings, model=segnet.Config(weights=str(file))),
        dataclasses.replace(settings, model=deeplab_v3_plus.Config(backbone=resnet.Config(weights=str(file)))),
    ]
    known = start_weights.fingerprint(exported)
    started = tiny_training.settings(start_from=exported)
    assert start_weights.fingerprints([settings, *with_file]) == ""
    assert start_weights.fingerprints([settings, started, started]) == known
    found = []
    for content in (b"one", b"two"):
        file.write_bytes(content)
        both = [start_weights.fingerprints([each]) for each in with_file]
        assert both[0] == both[1] == hashlib.sha256(content).hexdigest()[:16]
        found.append(both[0])
        assert start_weights.fingerprints([*with_file, started]) == f"{known} {both[0]}"
    assert found[0] != found[1]


def test_batch_normalisation_s_weights_are_refused_by_group_normalisation(exported: str) -> None:
    """Of a model that normalises by groups where the source does by batches; not where it has no such layer."""
    source = start_weights.read(exported)
    config = unet.Config(depth=1, width=4, norm=normalization.Norm("group"))
    info = dataset.DatasetInfo("some", tiny_models.INFO.categories[:5], raw_values=())
    with pytest.raises(errors.UserError, match="there has batch normalisation where.*model.norm.kind batch"):
        start_weights.give(unet.build(config, info), source, "there")
    other = {**source, "head/elsewhere/moving_mean": np.zeros([4], np.float32)}
    start_weights.give(build(), other, "there")
    kernels = {path: value for path, value in source.items() if path.endswith("/kernel")}
    start_weights.give(unet.build(config, info), kernels | {"head/elsewhere/moving_mean": np.zeros([4])}, "there")


@pytest.mark.parametrize("name", ["deeplab_v3_plus", "pspnet"])
def test_named_layers_of_the_other_normalisation_are_found(name: str) -> None:
    named = weight_paths.named(tiny_models.build(name, "batch"))
    source = {path: weight.numpy() for path, weight in named.items() if weight.dtype.is_floating}
    lost = sum(path.endswith("/moving_mean") for path in source)
    with pytest.raises(errors.UserError, match=rf"in {lost} layers"):
        start_weights.give(tiny_models.build(name, "group"), source, "there")
