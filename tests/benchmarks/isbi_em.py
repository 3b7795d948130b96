"""What U-Net's two ingredients bring: `python -m tests.benchmarks.isbi_em [--data_dir DIR] [--seeds 0 1]`.

The small U-Net of the experiment `isbi_unet` learns 20 slices of ISBI 2012 with border weights and elastic
deformations, with one of them, and with neither; crops and mirroring are in all. It is judged on 4 further slices,
whole, by the errors of the challenge (seg_models/metrics/electron_microscopy.py): each at the threshold on the
probability of a cell that is the best for it on these slices, as the challenge does, and all at one half. With
`--output DIR` rows, page and picture are written there after every run; runs whose rows are there are not run again.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import argparse
import dataclasses
import functools
import itertools
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

from pipeline.experiments import isbi_unet
from seg_models import config, input_pipeline, learner, manifest, metric, records, registry, strategy
from seg_models.augment import elastic
from seg_models.datasets import isbi_em
from seg_models.losses import cross_entropy
from seg_models.metrics import electron_microscopy

HERE = Path(__file__).parent
DATA = Path(os.environ.get("SEGLINE_TEST_DATA", HERE.parents[2] / "shared" / "data")) / "isbi_em"
CELL = 1
HALF = 0.5
THRESHOLDS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, HALF, 0.6, 0.7, 0.8, 0.9, 0.95)
ERRORS = ("rand", "warping", "pixel")
# Name -> border weights, elastic deformations.
RUNS = {
    "neither": (False, False),
    "border weights": (True, False),
    "elastic": (False, True),
    "both": (True, True),
}
PICTURE = slice(192, 320)  # rows and columns of the first held-out slice

Row = dict[str, Any]
Maps = list[tuple[np.ndarray, np.ndarray]]


def write_records(data_dir: str, root: Path) -> None:
    """Both splits, one shard each."""
    dataset, splits = dataclasses.replace(isbi_unet.EXPERIMENT.dataset, data_dir=data_dir), {}
    for split in ("train", "eval"):
        folder = root / manifest.split_folder(split)
        folder.mkdir(parents=True)
        tally, name = manifest.Tally(isbi_em.INFO), manifest.shard_name(0, 1)
        with (folder / name).open("wb") as file:
            for item in isbi_em.items(dataset, split):
                example = isbi_em.load(dataset, item)
                records.write(file, records.encode(example))
                tally.add(example)
        splits[split] = manifest.merged([tally.result(name, "")])
    (root / manifest.FILE).write_text(manifest.to_json(manifest.Manifest(isbi_em.INFO, splits)))


def settings(name: str, seed: int, steps: int) -> config.Training:
    """The experiment's, without what the run leaves out."""
    weighted, bent = RUNS[name]
    whole = isbi_unet.EXPERIMENT
    loss = whole.model.loss if weighted else cross_entropy.Config()
    augment = tuple(each for each in whole.input.augment if bent or not isinstance(each, elastic.Config))
    return config.training_of(
        dataclasses.replace(
            whole,
            model=dataclasses.replace(whole.model, loss=loss),
            input=dataclasses.replace(whole.input, augment=augment),
            train=dataclasses.replace(whole.train, seed=seed, steps=steps),
        )
    )


def trained(learning: config.Training, root: Path) -> keras.Model:
    """The network after all steps."""
    keras.utils.set_random_seed(learning.train.seed)
    kept = learner.build(learning, manifest.read(str(root)), strategy.choose(), steps=learning.train.steps)
    prepare = getattr(registry.module_of(learning.model.loss), "prepare", None)
    batches = input_pipeline.training(
        manifest.shards(str(root), "train"),
        isbi_em.INFO,
        learning.input,
        seed=learning.train.seed,
        prepare=functools.partial(prepare, learning.model.loss, isbi_em.INFO) if prepare else None,
    )
    pairs = batches.map(lambda batch: (batch["image"], {name: batch[name] for name in batch if name != "key"}))
    kept.network.fit(pairs, steps_per_epoch=learning.train.steps, verbose=0)
    return kept.network.network


def held_out(root: Path) -> tf.data.Dataset:
    """The slices that are judged, one a batch."""
    shards = manifest.shards(str(root), "eval")
    return input_pipeline.evaluation(shards, isbi_em.INFO, config.Input(batch_size=1))


def predicted(network: keras.Model, root: Path) -> Maps:
    """Of each held-out slice, the truth (int32 [H, W]) and the probability of a cell (float32 [H, W])."""
    infer = tf.function(lambda image: tf.nn.softmax(network(image, training=False)["semantic"])[..., CELL])
    return [(batch["semantic"][0].numpy(), infer(batch["image"])[0].numpy()) for batch in held_out(root)]


def errors(maps: Maps) -> list[dict[str, float]]:
    """The errors at each threshold."""
    found = []
    for threshold in THRESHOLDS:
        counted = electron_microscopy.build(isbi_em.INFO, metric.Options())
        for truth, probability in maps:
            counted.update(metric.Maps(truth), metric.Maps((probability > threshold).astype(np.uint8)))
        scores = counted.result()["electron_microscopy"]
        found.append({name: round(1 - scores[name], 6) for name in ERRORS})
    return found


def run(name: str, seed: int, steps: int, root: Path) -> tuple[Row, np.ndarray]:
    """One run's row, and what it says of the picture's part: uint8 [h, w], 255 is a cell."""
    began = time.process_time()
    network = trained(settings(name, seed, steps), root)
    seconds = time.process_time() - began
    maps = predicted(network, root)
    found = errors(maps)
    best = {each: min(at[each] for at in found) for each in ERRORS}
    thresholds = {each: THRESHOLDS[int(np.argmin([at[each] for at in found]))] for each in ERRORS}
    row = {"run": name, "seed": seed, "steps": steps, "best": best, "threshold": thresholds}
    row |= {"at one half": found[THRESHOLDS.index(HALF)], "processor seconds": round(seconds)}
    return row, np.uint8(255) * (maps[0][1][PICTURE, PICTURE] > HALF)


def table(rows: list[Row], key: str) -> str:
    """Markdown, one line a run: mean over the seeds (lowest to highest), and its change against "neither"."""
    lines = ["| run | Rand error | warping error | pixel error |", "| --- | --- | --- | --- |"]
    for name in RUNS:
        cells = []
        for each in ERRORS:
            own, without = ([row[key][each] for row in rows if row["run"] == run] for run in (name, "neither"))
            if own and without:
                cell = f"{np.mean(own):.5f} ({min(own):.5f} to {max(own):.5f})"
                change = 100 * (np.mean(own) / np.mean(without) - 1)
                cells.append(cell if name == "neither" else f"{cell} {change:+.0f} %")
        if cells:
            lines.append(" | ".join([f"| {name}", *cells]) + " |")
    return "\n".join(lines)


def page(rows: list[Row], steps: int) -> str:
    """The results as Markdown."""
    seeds = [str(seed) for seed in sorted({row["seed"] for row in rows})]
    seconds = [row["processor seconds"] for row in rows]
    return f"""# U-Net's ingredients on ISBI 2012

    python -m tests.benchmarks.isbi_em --data_dir DIR --seeds {" ".join(seeds)} --steps {steps} --output DIR

The U-Net of `pipeline/experiments/isbi_unet.py`, {steps} steps, {min(seconds)} to {max(seconds)} processor seconds of
training each; 20 slices to learn, the last 4 to judge. Lower is better; the errors are defined in
`seg_models/metrics/electron_microscopy.py`. Means over the seeds {", ".join(seeds)}, in brackets the lowest and the
highest, then the change against "neither", which says nothing where the brackets overlap.

The 4 slices are from the challenge's training stack and thresholds are chosen on them: these figures are for comparison
with each other, not with the leader board. This is a short training of a small network; the paper's took 10 hours on a
GPU.

Each error at the threshold that is the best for it:

{table(rows, "best")}

All at the threshold one half:

{table(rows, "at one half")}

![neither, both](isbi_em.png)

What the runs "neither" and "both" of seed {seeds[0]} make of a part of the first of the 4 slices, at one half.
"""


def picture(parts: list[np.ndarray]) -> Image.Image:
    """Parts, uint8 [h, w], side by side with a gap."""
    gap = np.full((parts[0].shape[0], 4), 128, np.uint8)
    joined = [piece for part in parts for piece in (part, gap)][:-1]
    return Image.fromarray(np.concatenate(joined, axis=1))


def write(output: Path, rows: list[Row], steps: int, said: dict[str, np.ndarray]) -> None:
    """Rows, page and, where both runs that it shows have said something, the picture."""
    output.mkdir(parents=True, exist_ok=True)
    (output / "isbi_em.json").write_text(json.dumps(rows, indent=1) + "\n")
    (output / "isbi_em.md").write_text(page([row for row in rows if row["steps"] == steps], steps))
    if {"neither", "both"} <= set(said):
        picture([said["neither"], said["both"]]).save(output / "isbi_em.png", optimize=True)


def main() -> None:
    """Runs what is missing and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data_dir", default=str(DATA))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--steps", type=int, default=isbi_unet.EXPERIMENT.train.steps)
    parser.add_argument("--output", type=Path, default=None)
    arguments = parser.parse_args()
    if not Path(arguments.data_dir).is_dir():
        print(f"isbi_em: no data in {arguments.data_dir}; nothing is measured")
        return
    kept = arguments.output / "isbi_em.json" if arguments.output else None
    rows = json.loads(kept.read_text()) if kept and kept.exists() else []
    done = {(row["run"], row["seed"]) for row in rows if row["steps"] == arguments.steps}
    with tempfile.TemporaryDirectory(prefix="segline-") as folder:
        root = Path(folder) / "records"
        write_records(arguments.data_dir, root)
        said = {}
        for seed, name in itertools.product(arguments.seeds, RUNS):
            if (name, seed) in done:
                continue
            row, part = run(name, seed, arguments.steps, root)
            rows.append(row)
            print(row, flush=True)
            if seed == arguments.seeds[0]:
                said[name] = part
            if arguments.output:
                write(arguments.output, rows, arguments.steps, said)
    if arguments.output:
        write(arguments.output, rows, arguments.steps, said)
    print(table([row for row in rows if row["steps"] == arguments.steps], "best"))


if __name__ == "__main__":
    main()
