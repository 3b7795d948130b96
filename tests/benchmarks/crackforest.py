"""Losses against imbalance: `python -m tests.benchmarks.crackforest [--data_dir DIR] [--seeds 0 1] [--steps 240]`.

CrackForest's cracks are 1.6 % of the pixels. The small U-Net of the experiment `crackforest_unet` learns them with each
loss, from the same weights and images in the same order, and is judged on the held-out images at their own size:
    precision, recall, F1, IoU   of the class crack where it is the likelier one
    F1 2 px                      the same F1, but a pixel is right if one of the other map is within 2 pixels
    F1 best                      at the threshold on the probability that gives the largest F1 on these very images:
                                 what a loss has learnt, whatever threshold it happens to be made for
Rows go to results/crackforest.json, and those that are in it are not run again; the table of all is printed.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import argparse
import dataclasses
import functools
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import scipy.ndimage
import tensorflow as tf

from pipeline.experiments import crackforest_unet
from seg_models import config, input_pipeline, learner, manifest, records, registry, soft_counts, strategy
from seg_models.datasets import crackforest
from seg_models.losses import balanced_cross_entropy, boundary, combo, cross_entropy, dice, focal, focal_tversky
from seg_models.losses import lovasz_softmax, sum_of_losses, tversky
from tests import conftest

RESULTS = Path(__file__).parent / "results"
CRACK = 1
TOLERANCE = 2
THRESHOLDS = 1 / (1 + np.exp(np.linspace(8, -8, 65)))  # evenly spaced on the scale of the logits
PLAIN = cross_entropy.Config()
CRACKS = soft_counts.Scope(skip_classes=(0,))
DICE = dice.Config(squared=False, scope=CRACKS)

# Name -> loss, class weights. The losses of overlap are of the crack alone, as in their papers.
LOSSES = {
    "cross-entropy": (PLAIN, "none"),
    "cross-entropy, median-frequency weights": (PLAIN, "median_frequency"),
    "balanced cross-entropy": (balanced_cross_entropy.Config(), "none"),
    "focal": (focal.Config(), "none"),
    "Dice": (DICE, "none"),
    "Tversky 0.3, 0.7": (tversky.Config(scope=CRACKS), "none"),
    "focal Tversky": (focal_tversky.Config(index=tversky.Config(scope=CRACKS)), "none"),
    "Lovász-softmax, crack alone": (lovasz_softmax.Config(CRACKS), "none"),
    "Lovász-softmax": (lovasz_softmax.Config(), "none"),
    "cross-entropy + Lovász-softmax": (sum_of_losses.Config((PLAIN, lovasz_softmax.Config())), "none"),
    "cross-entropy + Dice": (sum_of_losses.Config((PLAIN, DICE)), "none"),
    "combo": (combo.Config(scope=CRACKS), "none"),
    "Dice + boundary": (sum_of_losses.Config((DICE, boundary.Config((0,))), (1.0, 0.01)), "none"),
}
COLUMNS = ("precision", "recall", "F1", "IoU", "F1 2 px", "F1 best")


def write_records(data_dir: str, root: Path) -> manifest.Manifest:
    """Both splits, one shard each."""
    splits = {}
    for split in ("train", "eval"):
        folder = root / manifest.split_folder(split)
        folder.mkdir(parents=True)
        tally, name = manifest.Tally(crackforest.INFO), manifest.shard_name(0, 1)
        with (folder / name).open("wb") as file:
            for item in crackforest.items(crackforest.Config(data_dir), split):
                example = crackforest.load(crackforest.Config(data_dir), item)
                records.write(file, records.encode(example))
                tally.add(example)
        splits[split] = manifest.merged([tally.result(name, "")])
    written = manifest.Manifest(crackforest.INFO, splits)
    (root / manifest.FILE).write_text(manifest.to_json(written))
    return written


def settings(loss: Any, class_weights: str, seed: int, steps: int) -> config.Training:
    """The experiment's, with another loss."""
    experiment = crackforest_unet.EXPERIMENT
    model = dataclasses.replace(experiment.model, loss=loss)
    train = dataclasses.replace(experiment.train, class_weights=class_weights, seed=seed, steps=steps)
    return config.training_of(dataclasses.replace(experiment, model=model, train=train))


def trained(learning: config.Training, root: Path) -> keras.Model:
    """The network after all steps."""
    keras.utils.set_random_seed(learning.train.seed)
    kept = learner.build(learning, manifest.read(str(root)), strategy.choose(), steps=learning.train.steps)
    loss = learning.model.loss
    prepare = getattr(registry.module_of(loss), "prepare", None)
    batches = input_pipeline.training(
        manifest.shards(str(root), "train"),
        crackforest.INFO,
        learning.input,
        seed=learning.train.seed,
        prepare=functools.partial(prepare, loss, crackforest.INFO) if prepare else None,
    )
    pairs = batches.map(lambda batch: (batch["image"], {name: batch[name] for name in batch if name != "key"}))
    kept.network.fit(pairs, steps_per_epoch=learning.train.steps, verbose=0)
    return kept.network.network


def predicted(network: keras.Model, root: Path) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Of each held-out image, the truth (int32 [H, W], void 255) and the probability of crack (float32 [H, W])."""
    shards = manifest.shards(str(root), "eval")
    infer = tf.function(lambda image: tf.nn.softmax(network(image, training=False)["semantic"])[..., CRACK])
    for batch in input_pipeline.evaluation(shards, crackforest.INFO, config.Input(batch_size=1)):
        yield batch["semantic"][0].numpy(), infer(batch["image"])[0].numpy()


class Tally:
    """Pixels of crack over images: predicted, true, and right, at every threshold and near enough."""

    def __init__(self) -> None:
        self.predicted = self.right = np.zeros(len(THRESHOLDS))
        self.true = 0
        # At the likelier class: right, predicted, near a true one, true ones near a predicted one.
        self.here = np.zeros(4)

    def add(self, truth: np.ndarray, probability: np.ndarray) -> None:
        """Counts one image: truth int32 [H, W], probability float32 [H, W]."""
        known, crack = truth != crackforest.INFO.void, truth == CRACK
        above = probability[known][:, None] > THRESHOLDS
        self.predicted = self.predicted + above.sum(0)
        self.right = self.right + above[crack[known]].sum(0)
        self.true += crack.sum()
        found = known & (probability > 0.5)
        near = found & (_distance(crack) <= TOLERANCE), crack & (_distance(found) <= TOLERANCE)
        self.here += [(found & crack).sum(), found.sum(), near[0].sum(), near[1].sum()]

    def scores(self) -> dict[str, float]:
        """Fractions by the names of COLUMNS."""
        right, found, near, reached = self.here
        precision, recall = right / max(found, 1), right / self.true
        every = 2 * self.right / np.maximum(self.predicted + self.true, 1)
        return {
            "precision": precision,
            "recall": recall,
            "F1": 2 * right / (found + self.true),
            "IoU": right / (found + self.true - right),
            "F1 2 px": _harmonic(near / max(found, 1), reached / self.true),
            "F1 best": float(every.max()),
            "best threshold": float(THRESHOLDS[every.argmax()]),
        }


def row(name: str, seed: int, steps: int, root: Path) -> dict[str, Any]:
    """One loss, trained and judged."""
    began = time.process_time()
    loss, class_weights = LOSSES[name]
    network = trained(settings(loss, class_weights, seed, steps), root)
    seconds = time.process_time() - began
    tally = Tally()
    for truth, probability in predicted(network, root):
        tally.add(truth, probability)
    rounded = {key: round(float(value), 4) for key, value in tally.scores().items()}
    return {"loss": name, "seed": seed, "steps": steps, **rounded, "processor seconds": round(seconds, 1)}


def table(rows: list[dict[str, Any]]) -> str:
    """Markdown, one line a loss: means over the seeds; F1 best with the range from the lowest to the highest."""
    head = ["loss", "seeds", *COLUMNS, "best threshold"]
    lines = [" | ".join(head), " | ".join(["---"] * len(head))]
    for name in LOSSES:
        own = [each for each in rows if each["loss"] == name]
        if own:
            means = [f"{np.mean([each[column] for each in own]):.3f}" for column in (*COLUMNS, "best threshold")]
            best = [each["F1 best"] for each in own]
            means[-2] += f" ({min(best):.3f} to {max(best):.3f})"
            lines.append(" | ".join([name, str(len(own)), *means]))
    return "\n".join(f"| {line} |" for line in lines)


def main() -> None:
    """Runs what is missing, keeps each row at once, and prints the table."""
    shared = Path(os.environ.get("SEGLINE_TEST_DATA", conftest.ROOT.parent / "shared" / "data"))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data_dir", default=str(shared / "crackforest"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--steps", type=int, default=240)
    parser.add_argument("--losses", nargs="+", choices=list(LOSSES), default=list(LOSSES), metavar="NAME")
    parser.add_argument("--rows", type=Path, default=RESULTS / "crackforest.json")
    arguments = parser.parse_args()
    rows = json.loads(arguments.rows.read_text()) if arguments.rows.exists() else []
    done = {(each["loss"], each["seed"], each["steps"]) for each in rows}
    wanted = [(name, seed) for seed in arguments.seeds for name in arguments.losses]
    missing = [(name, seed) for name, seed in wanted if (name, seed, arguments.steps) not in done]
    with tempfile.TemporaryDirectory(prefix="segline-") as folder:
        root = Path(folder) / "records"
        if missing:
            write_records(arguments.data_dir, root)
        for name, seed in missing:
            rows.append(row(name, seed, arguments.steps, root))
            print(rows[-1], flush=True)
            lines = ",\n".join(f" {json.dumps(each, ensure_ascii=False)}" for each in rows)
            arguments.rows.write_text(f"[\n{lines}\n]\n")
    print(table([each for each in rows if each["steps"] == arguments.steps]))


def _distance(mask: np.ndarray) -> np.ndarray:
    """Float [H, W]: to the nearest pixel of the mask; infinite where it has none."""
    return scipy.ndimage.distance_transform_edt(~mask) if mask.any() else np.full(mask.shape, np.inf)


def _harmonic(first: float, second: float) -> float:
    return 2 * first * second / max(first + second, 1e-9)


if __name__ == "__main__":
    main()
