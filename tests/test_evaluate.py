"""Evaluation of a SavedModel over record files, against metrics fed by hand."""

import dataclasses
import math
import pickle
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from seg_models import config, dataset, errors, evaluate, export, maps, metric, registry, scores
from seg_models.report import page
from tests import tiny_evaluation as tiny

SETTINGS = config.Evaluation(gallery=2)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, str]:
    """A panoptic (True) and a semantic-only (False) model."""
    folder = tmp_path_factory.mktemp("models")
    return {things: tiny.save_model(folder / str(things), predicts_things=things) for things in (True, False)}


@pytest.fixture(scope="module")
def examples() -> list[dataset.Example]:
    """Images of three sizes in mixed order, some predicted well and some badly."""
    scenes = [tiny.scene(seed, 20 + 4 * (seed % 3)) for seed in range(23)]
    return [tiny.example(f"image-{seed}", scene, tiny.spoilt(scene, seed % 5)) for seed, scene in enumerate(scenes)]


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory, examples: list[dataset.Example]) -> list[str]:
    """The examples in three record files, one of them empty."""
    return tiny.write_records(tmp_path_factory.mktemp("records"), [examples[:9], [], examples[9:]])


def _by_hand(examples: list[dataset.Example], things: bool) -> dict[str, object]:
    """The scores of metrics that are fed without any model or record."""
    options = metric.Options(predicts_things=things)
    built = [registry.find("seg_models.metrics", name).build(tiny.INFO, options) for name in SETTINGS.metrics]
    for index, example in enumerate(examples):
        scene = tiny.spoilt(tiny.scene(index, 20 + 4 * (index % 3)), index % 5)
        semantic, instance = scene[..., 0], scene[..., 1]
        panoptic = semantic * tiny.INFO.label_divisor + instance
        if not things:
            panoptic = np.where(semantic == 2, dataset.VOID_16, panoptic)
        prediction = maps.prediction({"semantic": semantic, "panoptic": panoptic}, tiny.INFO)
        for each in built:
            each.update(maps.truth(example, tiny.INFO), prediction)
    return scores.merge([each.result() for each in built])


@pytest.mark.parametrize("things", [True, False])
def test_scores_are_those_of_the_metrics(
    models: dict[bool, str], shards: list[str], examples: list[dataset.Example], things: bool
) -> None:
    found = evaluate.run(models[things], shards, SETTINGS).result()
    expected = _by_hand(examples, things)
    assert scores.to_json({key: found[key] for key in expected}) == scores.to_json(expected)
    assert found["images"] == 23
    assert 0.3 < found["mean_iou"] < 0.95


def test_a_semantic_only_model_gets_stuff_pq_and_says_so(models: dict[bool, str], shards: list[str]) -> None:
    found = evaluate.run(models[False], shards, SETTINGS).result()
    assert math.isnan(found["pq"]) and math.isnan(found["things"]["pq"])
    assert found["stuff"]["pq"] > 0
    assert "semantic only" in found["note"]


def test_without_pq_nothing_is_said_of_it() -> None:
    settings = config.Evaluation(metrics=("confusion_matrix",))
    assert "note" not in evaluate.State(tiny.INFO, ("semantic",), settings).result()
    assert "note" in evaluate.State(tiny.INFO, ("semantic",), SETTINGS).result()


def test_parts_add_up_to_the_whole_in_any_order(models: dict[bool, str], shards: list[str]) -> None:
    model = evaluate.ExportedModel(models[True])
    whole = evaluate.run(models[True], shards, SETTINGS)
    parts = []
    for shard in reversed(shards):
        parts.append(evaluate.State(tiny.INFO, model.card.tasks, SETTINGS))
        evaluate.score([shard], model, parts[-1])
    merged = pickle.loads(pickle.dumps(parts[0]))
    for part in parts[1:]:
        merged.merge(pickle.loads(pickle.dumps(part)))
    assert scores.to_json(merged.result()) == scores.to_json(whole.result())
    assert (merged.images, merged.pixels) == (whole.images, whole.pixels)
    for kind in ("best", "worst", "random"):
        assert getattr(merged.gallery, kind) == getattr(whole.gallery, kind)


def test_the_gallery_holds_best_and_worst(models: dict[bool, str], shards: list[str]) -> None:
    found = evaluate.run(models[True], shards, SETTINGS).gallery
    assert [sample.score for sample in found.best] == [1.0, 1.0]
    assert found.worst[0].score <= found.worst[1].score < 0.7
    assert dict(found.best[0].scores)["mean_iou"] == 1.0


def test_states_stay_small(models: dict[bool, str], examples: list[dataset.Example]) -> None:
    state = evaluate.State(tiny.INFO, ("semantic", "panoptic"), SETTINGS)
    sizes = []
    for index in range(300):
        example = examples[index % len(examples)]
        truth = maps.truth(example, tiny.INFO)
        image = np.zeros((*truth.semantic.shape, 3), np.uint8)
        state.update(f"{index}", image, truth, truth)
        sizes.append(len(pickle.dumps(state)))
    assert sizes[-1] < 1.1 * sizes[20]


def test_batches_hold_images_of_one_size_and_lose_none(monkeypatch: pytest.MonkeyPatch, shards: list[str]) -> None:
    monkeypatch.setattr(evaluate, "BATCH_SIZE", 3)
    monkeypatch.setattr(evaluate, "WAITING_PIXELS", 5 * 28 * 32)
    shapes = []

    def predict(images: np.ndarray) -> dict[str, np.ndarray]:
        shapes.append(images.shape)
        semantic = images[..., 0].astype(np.int32)
        return {"semantic": semantic, "panoptic": semantic * tiny.INFO.label_divisor}

    state = evaluate.State(tiny.INFO, ("semantic",), SETTINGS)
    evaluate.score(shards, predict, state)
    assert sum(shape[0] for shape in shapes) == state.images == 23
    assert max(shape[0] for shape in shapes) == 3
    assert len({shape[1] for shape in shapes}) == 3


def test_large_images_go_one_by_one(
    monkeypatch: pytest.MonkeyPatch, shards: list[str], models: dict[bool, str]
) -> None:
    monkeypatch.setattr(evaluate, "BATCH_PIXELS", 100)
    model, sizes = evaluate.ExportedModel(models[True]), []
    state = evaluate.State(tiny.INFO, model.card.tasks, SETTINGS)
    evaluate.score(shards, lambda images: sizes.append(len(images)) or model(images), state)
    assert sizes == [1] * 23


def test_most_limits_the_images(models: dict[bool, str], shards: list[str]) -> None:
    state = evaluate.State(tiny.INFO, ("semantic", "panoptic"), SETTINGS)
    evaluate.score(shards, evaluate.ExportedModel(models[True]), state, most=4)
    assert state.images == 4


def test_pictures_stand_side_by_side(models: dict[bool, str], shards: list[str]) -> None:
    pictures = list(evaluate.run(models[True], shards, SETTINGS).pictures())
    assert len(pictures) == 2
    assert all(picture.dtype == np.uint8 and picture.shape[1] == 4 * 256 + 3 * 4 for picture in pictures)


def test_findings_make_all_files(models: dict[bool, str], shards: list[str]) -> None:
    state = evaluate.run(models[True], shards, SETTINGS)
    files = page.files(evaluate.findings_of(state, None, models[True]))
    assert scores.from_json(files["metrics.json"].decode())["mean_iou"] == state.result()["mean_iou"]
    assert set(files) >= {"metrics.json", "report.html"}


def _other_classes() -> Iterator[tuple[str, dataset.DatasetInfo]]:
    road, sky, car = tiny.INFO.categories
    yield (
        "train id 2 is `bus`",
        dataclasses.replace(tiny.INFO, categories=(road, sky, dataclasses.replace(car, name="bus"))),
    )
    yield (
        r"`car` \(stuff\)",
        dataclasses.replace(tiny.INFO, categories=(road, sky, dataclasses.replace(car, is_thing=False))),
    )
    yield "train id 2 is absent", dataclasses.replace(tiny.INFO, categories=(road, sky))


@pytest.mark.parametrize(("message", "info"), list(_other_classes()))
def test_records_of_other_classes(
    tmp_path: Path, models: dict[bool, str], message: str, info: dataset.DatasetInfo
) -> None:
    other = tiny.write_records(tmp_path, [[tiny.example("a", tiny.scene(0), tiny.scene(0))]], info)
    with pytest.raises(errors.UserError, match=message):
        evaluate.run(models[True], other, SETTINGS)


def test_other_colours_are_no_other_classes(tmp_path: Path, models: dict[bool, str]) -> None:
    painted = tuple(dataclasses.replace(category, color=(1, 2, 3)) for category in tiny.INFO.categories)
    info = dataclasses.replace(tiny.INFO, categories=painted, licence="another")
    other = tiny.write_records(tmp_path, [[tiny.example("a", tiny.scene(0), tiny.scene(0))]], info)
    assert evaluate.run(models[True], other, SETTINGS).images == 1


def test_no_records(tmp_path: Path, models: dict[bool, str]) -> None:
    with pytest.raises(errors.UserError, match="No record files"):
        evaluate.run(models[True], [], SETTINGS)
    with pytest.raises(errors.UserError, match="nothing to evaluate"):
        evaluate.run(models[True], tiny.write_records(tmp_path, [[], []]), SETTINGS)


def test_no_model(tmp_path: Path, shards: list[str]) -> None:
    with pytest.raises(errors.UserError, match="no exported model"):
        evaluate.run(str(tmp_path), shards, SETTINGS)


def test_a_truncated_shard_is_named(tmp_path: Path, models: dict[bool, str], shards: list[str]) -> None:
    cut = tmp_path / "cut.tfrecord"
    cut.write_bytes(Path(shards[0]).read_bytes()[:-5])
    with pytest.raises(errors.DataError, match="cut.tfrecord: record 8 is truncated"):
        evaluate.run(models[True], [str(cut)], SETTINGS)


def test_the_card_is_read_back(models: dict[bool, str]) -> None:
    assert export.read_card(models[False]).tasks == ("semantic",)
