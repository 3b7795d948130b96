"""Records, settings and folders of a training run of seconds.

`python -m tests.tiny_training ROOT STEP` trains as `train` does and is killed, as by a power cut, after that step.
"""

import dataclasses
import os
import signal
import sys
from pathlib import Path
from typing import Any

from seg_models import config, manifest, train
from seg_models.augment import color, crop, flip, scale_jitter
from seg_models.callbacks import follow
from seg_models.models import unet
from seg_models.optimizers import adamw
from seg_models.schedules import polynomial
from tests import toy_records

SIZE = (16, 24)
SPLITS = {"train": 12, "eval": 4}


def write_records(root: Path) -> None:
    """Records of both splits, two shards each, and their manifest."""
    splits = {}
    for split, count in SPLITS.items():
        folder = root / "records" / manifest.split_folder(split)
        folder.mkdir(parents=True)
        parts = []
        for shard in range(2):
            examples = [toy_records.example(index + 100 * (split == "eval")) for index in range(shard, count, 2)]
            name = manifest.shard_name(shard, 2)
            toy_records.write(folder / name, examples)
            tally = manifest.Tally(toy_records.INFO)
            for example in examples:
                tally.add(example)
            parts.append(tally.result(name, ""))
        splits[split] = manifest.merged(parts)
    (root / "records" / manifest.FILE).write_text(manifest.to_json(manifest.Manifest(toy_records.INFO, splits)))


def settings(batch_size: int = 8, metric: str = "", **changes: Any) -> config.Training:
    """A U-Net with everything random that training knows; `changes` are fields of config.Train."""
    learning = config.Train(
        steps=8,
        optimizer=adamw.Config(),
        schedule=polynomial.Config(),
        learning_rate=1e-2,
        warmup_steps=2,
        weight_decay=0.01,
        clip_norm=1.0,
        ema_decay=0.5,
        class_weights="median_frequency",
        checkpoint_every=2,
        evaluate_every=4,
        seed=3,
    )
    augment = (scale_jitter.Config(), crop.Config(*SIZE), flip.Config(), color.Config())
    return config.Training(
        unet.Config(depth=1, width=4),
        config.Input(size=SIZE, batch_size=batch_size, augment=augment),
        dataclasses.replace(learning, **changes),
        config.Evaluation(metrics=("confusion_matrix",)),
        metric,
    )


def folders(root: Path, name: str = "run") -> train.Folders:
    """The folders of a run of that name over the records in `root`."""
    run = root / name
    return train.Folders(str(root / "records"), str(run / "model"), str(run / "checkpoints"), str(run / "tensorboard"))


def main(root: str, step: int) -> None:
    """Trains in `root` and dies at `step`."""
    count = follow.Counting.on_train_batch_end

    def counted(self: follow.Counting, batch: int, logs: dict[str, float] | None = None) -> None:
        count(self, batch, logs)
        if int(self.model.optimizer.iterations) == step:
            os.kill(os.getpid(), signal.SIGKILL)

    follow.Counting.on_train_batch_end = counted
    train.train(settings(), folders(Path(root)))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
