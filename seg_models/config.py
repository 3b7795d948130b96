"""An experiment and its sections: frozen dataclasses, and their JSON round trip.

Pluggable parts (data set, model, augmentation, optimizer, schedule) are `Config` dataclasses of the modules that
build them, so a misspelt field is a TypeError where it is written. This file loads no TensorFlow.
"""

import dataclasses
import importlib
import json
from typing import Any

from seg_models import bounds, errors, registry
from seg_models import inference as looks


PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")
SEEDS = 1 << 32  # as many seeds there are for numpy


def part(package: str, default: Any = dataclasses.MISSING) -> Any:
    """A dataclass field that holds the Config of one module of `package`, or a tuple of such."""
    return dataclasses.field(default=default, metadata={"package": package})


@dataclasses.dataclass(frozen=True)
class Input:
    """What the model is fed.

    Attributes:
      size: working size (height, width); every image is resized to it, in serving too. None: its own size.
      batch_size: images in a training step, over all replicas.
      augment: augmentations in order; after them all images of a batch must have one size. Those that mix two images
        come last, and need two images in a batch.
      shuffle_buffer: records that are held for shuffling; 1: they come in the order of their files.
    """

    size: tuple[int, int] | None = None
    batch_size: int = 8
    augment: tuple[Any, ...] = part("seg_models.augment", default=())
    shuffle_buffer: int = 1000

    def __post_init__(self) -> None:
        bounds.at_least(1, self, "input", "batch_size", "shuffle_buffer")
        if self.size is not None and min(self.size) < 1:
            raise errors.UserError(f"`input.size` is {self.size}; expected a height and a width of 1 or more.")


@dataclasses.dataclass(frozen=True)
class Train:
    """How the model learns.

    Attributes:
      steps: optimizer steps in all.
      start_from: folder of an exported model, or of its versions such as runs/NAME/serving, whose weights of the same
        path and shape training starts from; None: the model's own first weights. Both the steps' cache and the
        checkpoints know the weights themselves, so a new version there makes training start anew.
      optimizer, schedule: Configs of seg_models.optimizers, seg_models.schedules.
      learning_rate: the peak.
      learning_rate_factors: (pattern over the weights' paths, what the learning rate of these weights is multiplied
        by), such as (("backbone/*", 0.1), ("*/bias", 2.0)); the first pattern that fits a weight counts. Factor 0
        freezes: no gradients, and a frozen normalisation keeps its statistics. Paths: see seg_models/weight_paths.py.
      warmup_steps: linear from warmup_start, a fraction of the peak, to the schedule's first learning rate.
      weight_decay: on kernels alone, not on biases or normalisation.
      clip_norm: of the global gradient; None: no clipping.
      ema_decay: of the averaged weights that are evaluated and exported; None: the last weights.
      precise_bn_images: training images over which the statistics of batch normalisation are computed anew for every
        evaluation and for the export, with the weights that these use, rounded up to whole batches; 0: the moving
        statistics count.
      precision: "float32", "mixed_bfloat16" or "mixed_float16".
      class_weights: "none", "median_frequency" (SegNet, section 4) or another kind of seg_models.class_weights.
      checkpoint_every: steps between checkpoints, after which an interrupted run goes on.
      evaluate_every: steps between evaluations on the eval split, rounded to whole checkpoints; the last step is
        followed by one in any case. 0: only when the run is over, by the pipeline's evaluation.
      evaluate_images: of the eval split that these look at; 0: all.
      patience: evaluations without a better score before training stops; 0: never stops early.
      seed: of the weights, the order of the records and the augmentations.
    """

    steps: int
    optimizer: Any = part("seg_models.optimizers")
    schedule: Any = part("seg_models.schedules")
    start_from: str | None = None
    learning_rate: float = 0.01
    learning_rate_factors: tuple[tuple[str, float], ...] = ()
    warmup_steps: int = 0
    warmup_start: float = 0.0
    weight_decay: float = 0.0
    clip_norm: float | None = None
    ema_decay: float | None = None
    precise_bn_images: int = 0
    precision: str = "float32"
    class_weights: str = "none"
    checkpoint_every: int = 100
    evaluate_every: int = 0
    evaluate_images: int = 0
    patience: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        registry.check("the values of `train.precision`", self.precision, PRECISIONS)
        bounds.at_least(1, self, "train", "steps", "checkpoint_every")
        bounds.at_least(0, self, "train", "warmup_steps", "weight_decay", "ema_decay", "precise_bn_images")
        bounds.at_least(0, self, "train", "evaluate_every", "evaluate_images", "patience", "seed")
        bounds.above(0, self, "train", "learning_rate", "clip_norm")
        bounds.below(1, self, "train", "ema_decay")
        bounds.below(SEEDS, self, "train", "seed")
        if not 0 <= self.warmup_start <= 1:
            raise errors.UserError(f"`train.warmup_start` is {self.warmup_start}; expected a fraction of the peak.")
        if self.patience and not self.evaluate_every:
            raise errors.UserError(
                f"`train.patience` is {self.patience} but `train.evaluate_every` is 0: without evaluations on the way "
                "nothing can stop training. Set `train.evaluate_every` to a number of steps."
            )
        for pattern, factor in self.learning_rate_factors:
            if factor < 0:
                raise errors.UserError(
                    f"`train.learning_rate_factors`: {pattern} has the factor {factor}; expected 0 or more."
                )


@dataclasses.dataclass(frozen=True)
class Gate:
    """The conditions for a model to be blessed.

    Attributes:
      metric: the key that early stopping watches and `no_worse_than_last_by` compares, such as "pq" or "mean_iou".
      minimum: (key of metrics.json, lowest score); a dotted key reaches inside, such as "things.pq".
      no_worse_than_last_by: how much below the last blessed model's score `metric` may fall; None: not compared.
    """

    metric: str = "mean_iou"
    minimum: tuple[tuple[str, float], ...] = ()
    no_worse_than_last_by: float | None = None


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """How the exported model is judged.

    Attributes:
      split: of the records.
      metrics: modules of seg_models.metrics.
      panopticapi_compatible: only the last crowd segment of a category counts, as in panopticapi.
      gallery: best, worst and random images of each kind in the report.
    """

    split: str = "eval"
    metrics: tuple[str, ...] = ("confusion_matrix", "panoptic_quality")
    panopticapi_compatible: bool = False
    gallery: int = 4


@dataclasses.dataclass(frozen=True)
class Tune:
    """A search for better settings, by Keras Tuner, before the training that counts.

    Attributes:
      space: (dotted field of `model`, `input`, `train` or `inference`, what it may be), such as
        ("train.learning_rate", "1e-4..1e-2 log"); see seg_models/tuning.py.
      algorithm: "random", "bayesian" (Gaussian process, upper confidence bound) or "hyperband" (Li et al., 2018).
      trials: settings that are tried; hyperband decides by itself, and takes about nine trials' time.
      share: of `train.steps` that a trial takes, and of its warm-up; with hyperband, the longest trials.
      metric: key of metrics.json that is to be as high as possible; "": the gate's.
      seed: of the settings that are tried.
    """

    space: tuple[tuple[str, str], ...] = ()
    algorithm: str = "random"
    trials: int = 10
    share: float = 0.2
    metric: str = ""
    seed: int = 0

    def __post_init__(self) -> None:
        registry.check("the algorithms of `tune.algorithm`", self.algorithm, ("random", "bayesian", "hyperband"))
        if self.trials < 1:
            raise errors.UserError(f"`tune.trials` is {self.trials}; expected 1 or more.")
        if not 0 < self.share <= 1:
            raise errors.UserError(f"`tune.share` is {self.share}; expected more than 0 and at most 1.")


@dataclasses.dataclass(frozen=True)
class Experiment:
    """WHAT is run: a data set, a model, how it learns and what it must reach. WHERE is the Deployment's."""

    dataset: Any = part("seg_models.datasets")
    model: Any = part("seg_models.models")
    train: Train
    input: Input = Input()
    inference: looks.Inference = looks.Inference()
    evaluation: Evaluation = Evaluation()
    gate: Gate = Gate()
    tune: Tune | None = None


@dataclasses.dataclass(frozen=True)
class Training:
    """The sections of an experiment that training depends on; what is not here can change without training anew.

    Attributes:
      model, input, train, inference, evaluation: as in Experiment.
      metric: what early stopping watches; "" where nothing does.
    """

    model: Any = part("seg_models.models")
    input: Input
    train: Train
    evaluation: Evaluation
    metric: str
    inference: looks.Inference = looks.Inference()


def training_of(experiment: Experiment) -> Training:
    """What training must know of an experiment, without what only the report and the gate look at."""
    evaluation = dataclasses.replace(experiment.evaluation, gallery=Evaluation.gallery)
    metric = experiment.gate.metric if experiment.train.patience else ""
    return Training(experiment.model, experiment.input, experiment.train, evaluation, metric, experiment.inference)


def to_json(value: object) -> str:
    """Any dataclass of the project as JSON with sorted keys; `from_json` gives an equal one."""
    return json.dumps(_encoded(value), sort_keys=True)


def from_json(text: str) -> Any:
    """The dataclass that `to_json` wrote."""
    return _decoded(json.loads(text))


def _encoded(value: object) -> object:
    if dataclasses.is_dataclass(value):
        named = {field.name: _encoded(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return {"class": f"{type(value).__module__}:{type(value).__qualname__}", **named}
    if isinstance(value, tuple):
        return [_encoded(inner) for inner in value]
    return value


def _decoded(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_decoded(inner) for inner in value)
    if not isinstance(value, dict):
        return value
    module, _, name = value["class"].partition(":")
    if not module.startswith("seg_models."):
        raise errors.UserError(f"settings name the class `{value['class']}`; expected one of seg_models.")
    inner = {key: _decoded(field) for key, field in value.items() if key != "class"}
    return getattr(importlib.import_module(module), name)(**inner)
