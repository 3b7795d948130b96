"""Judges an exported model over records: metrics and a few images in a State that adds, so shards may run anywhere."""

import copy
import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from seg_models import config, dataset, errors, export, gallery, gate, history, image_files, manifest, maps, metric
from seg_models import records, registry, scores, visualize
from seg_models.report import findings, pictures

BATCH_SIZE = 8
# Large images go through the model one by one; so many pixels at once fit a machine that could train the model.
BATCH_PIXELS = 2**21
# Images of rare sizes wait for company, but not for ever: beyond this many pixels the largest group goes ahead.
WAITING_PIXELS = 4 * BATCH_PIXELS

SEMANTIC_ONLY = "The model is semantic only: it tells no things apart, so PQ is given for stuff alone."
# What one image is ranked by in the gallery (the first) and described by (all).
IMAGE_SCORES = ("pq", "mean_iou", "pixel_accuracy")

Decoded = tuple[dataset.Example, np.ndarray]
Predict = Callable[[np.ndarray], Mapping[str, np.ndarray]]


class State:
    """All that is known after some images: the metrics' statistics, a small gallery, counters."""

    def __init__(self, info: dataset.DatasetInfo, tasks: Sequence[str], settings: config.Evaluation) -> None:
        self.info = info
        self.options = metric.Options("panoptic" in tasks, settings.panopticapi_compatible)
        self.metrics: dict[str, metric.Metric] = {
            name: registry.find("seg_models.metrics", name).build(self.info, self.options) for name in settings.metrics
        }
        self._empty = copy.deepcopy(self.metrics)
        self.gallery = gallery.Gallery(settings.gallery)
        self.images = 0
        self.pixels = 0
        self.seconds = 0.0

    def update(self, key: str, image: np.ndarray, truth: metric.Maps, prediction: metric.Maps) -> None:
        """Counts one image, uint8 [H, W, 3], and its maps."""
        alone = copy.deepcopy(self._empty)
        for name, each in alone.items():
            each.update(truth, prediction)
            self.metrics[name].merge(each)
        named = self._image_scores(_merged(alone))
        rank = named[0][1] if named else float("nan")
        self.gallery.offer(key, rank, lambda: gallery.sample(key, named, image, (truth, prediction)))
        self.images += 1
        self.pixels += truth.semantic.size

    def merge(self, other: "State") -> None:
        """Adds what another State of the same model and settings has seen."""
        for name, each in self.metrics.items():
            each.merge(other.metrics[name])
        self.gallery.merge(other.gallery)
        self.images += other.images
        self.pixels += other.pixels
        self.seconds += other.seconds

    def result(self) -> dict[str, object]:
        """The scores of all metrics in one dict, with `images` and, with PQ of a semantic-only model, a `note`."""
        for_stuff_alone = "panoptic_quality" in self.metrics and not self.options.predicts_things
        note = {"note": SEMANTIC_ONLY} if for_stuff_alone else {}
        return {**_merged(self.metrics), "images": self.images, **note}

    def pictures(self) -> Iterator[np.ndarray]:
        """The random samples as pictures, image, truth, prediction and errors side by side: uint8 [h, w, 3]."""
        for sample in self.gallery.random:
            drawn = pictures.drawn(sample, self.info, self.options.predicts_things)
            yield visualize.side_by_side([picture for _, picture in drawn])

    def _image_scores(self, found: Mapping[str, object]) -> tuple[tuple[str, float], ...]:
        names = [name for name in IMAGE_SCORES if name in found and (name != "pq" or self.options.predicts_things)]
        names = names or [name for name, score in found.items() if isinstance(score, float)]
        return tuple((name, found[name]) for name in names)


class ExportedModel:
    """A SavedModel of ours, loaded."""

    def __init__(self, model_dir: str) -> None:
        """Raises UserError where `model_dir` holds no exported model."""
        self.card = export.read_card(model_dir)
        self._loaded = export.load(model_dir)

    def __call__(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """uint8 [B, H, W, 3] -> {"semantic", "panoptic"}: int32 [B, H, W]."""
        outputs = self._loaded.signatures["dense"](image=tf.constant(images))
        return {name: value.numpy() for name, value in outputs.items()}


def run(model_dir: str, shards: Sequence[str], settings: config.Evaluation) -> State:
    """Judges an exported model over shards of records, in this process.

    Raises:
      UserError: no records, no model, or the records are of other classes than the model.
    """
    card = export.read_card(model_dir)
    check_records(card, shards)
    state = State(card.info, card.tasks, settings)
    score(shards, ExportedModel(model_dir), state)
    check_not_empty(state, shards)
    return state


def score(shards: Sequence[str], predict: Predict, state: State, *, most: int = 0) -> None:
    """Adds the records of some shards to a State.

    Args:
      shards: record files.
      predict: uint8 [B, H, W, 3] -> {"semantic", "panoptic"}: integer [B, H, W].
      state: takes truth and prediction of every image.
      most: stops after so many images; 0: takes all.
    """
    for batch in _batches(itertools.islice(_examples(shards), most or None)):
        started = time.perf_counter()
        outputs = predict(np.stack([image for _, image in batch]))
        state.seconds += time.perf_counter() - started
        for index, (example, image) in enumerate(batch):
            answer = {name: values[index] for name, values in outputs.items()}
            state.update(example.key, image, maps.truth(example, state.info), maps.prediction(answer, state.info))


def findings_of(state: State, result: gate.GateResult | None, model_dir: str) -> findings.Findings:
    """What the report tells of a State; the training's curves come from the history that lies in the exported model."""
    counted = state.metrics["confusion_matrix"] if "confusion_matrix" in state.metrics else None
    return findings.Findings(
        info=state.info,
        scores=state.result(),
        gate=result,
        predicts_things=state.options.predicts_things,
        matrix=None if counted is None else np.column_stack([counted.matrix, counted.missed]),
        gallery=state.gallery,
        history=tuple(history.read(Path(model_dir) / "assets.extra" / history.FILE)),
        pixels=state.pixels,
        seconds=state.seconds,
    )


def check_not_empty(state: State, shards: Sequence[str]) -> None:
    """Raises UserError where no record was read."""
    if not state.images:
        raise errors.UserError(
            f"{Path(shards[0]).parent}: {len(shards)} record files without a record; nothing to evaluate."
        )


def check_records(card: export.ModelCard, shards: Sequence[str]) -> None:
    """Raises UserError where there are no shards, or their manifest names other classes than the model."""
    if not shards:
        raise errors.UserError("No record files to evaluate on. Convert the data set first: `segline convert`.")
    for folder in sorted({Path(shard).parent.parent for shard in shards}):
        if (folder / manifest.FILE).is_file():
            check_same_classes(card.info, manifest.read(folder).info, str(folder))


def check_same_classes(model_info: dataset.DatasetInfo, records_info: dataset.DatasetInfo, folder: str) -> None:
    """Raises UserError at the first class in which a model and the records in `folder` differ; colours may."""
    pairs = itertools.zip_longest(records_info.categories, model_info.categories)
    for train_id, (ours, theirs) in enumerate(pairs):
        if ours is None or theirs is None or (ours.name, ours.is_thing) != (theirs.name, theirs.is_thing):
            raise errors.UserError(
                f"{folder}: the records are of other classes than the model: train id {train_id} is {_described(ours)} "
                f"in the records (`{records_info.name}`) and {_described(theirs)} in the model (`{model_info.name}`). "
                "Evaluate on the data set that the model was trained on."
            )


def _described(category: dataset.Category | None) -> str:
    return "absent" if category is None else f"`{category.name}` ({'thing' if category.is_thing else 'stuff'})"


def _merged(metrics: Mapping[str, metric.Metric]) -> dict[str, object]:
    return scores.merge([each.result() for each in metrics.values()])


def _examples(shards: Sequence[str]) -> Iterator[Decoded]:
    for shard in shards:
        with tf.io.gfile.GFile(shard, "rb") as file:
            for record in records.read(file, shard):
                # What was converted was accepted then, whatever its size.
                with image_files.of_any_size():
                    example = records.decode(record)
                yield example, _decoded(example.image_bytes, f"{shard}: {example.key}")


def _decoded(encoded: bytes, name: str) -> np.ndarray:
    """Uint8 [H, W, 3], to the last bit what training and serving see: other decoders differ on JPEGs.

    Raises:
      DataError: it cannot be decoded.
    """
    try:
        return tf.io.decode_image(encoded, channels=3, expand_animations=False).numpy()
    except tf.errors.InvalidArgumentError as error:
        raise errors.DataError(f"{name}: the image cannot be decoded ({error.message}).") from None


def _batches(examples: Iterator[Decoded]) -> Iterator[list[Decoded]]:
    """Groups images, uint8 [H, W, 3], of one size: padding would change what a model sees at the border."""
    waiting: dict[tuple[int, ...], list[Decoded]] = {}
    for example, image in examples:
        group = waiting.setdefault(image.shape, [])
        group.append((example, image))
        pixels = image.shape[0] * image.shape[1]
        if len(group) >= BATCH_SIZE or (len(group) + 1) * pixels > BATCH_PIXELS:
            yield waiting.pop(image.shape)
        elif sum(len(each) * shape[0] * shape[1] for shape, each in waiting.items()) > WAITING_PIXELS:
            yield waiting.pop(max(waiting, key=lambda shape: len(waiting[shape]) * shape[0] * shape[1]))
    yield from waiting.values()
