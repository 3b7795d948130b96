"""U-Net on CrackForest, whose cracks are 1.6 % of the pixels, from random weights.

    segline run crackforest_unet --data_dir DIR

IoU of cracks 0.49, precision 0.65, recall 0.65 on 24 held-out images at their own 480x320, as
tests.benchmarks.crackforest measures it after the same 600 steps; 68 s of processor time.
"""

from seg_models import config, soft_counts
from seg_models.augment import color, crop, flip
from seg_models.datasets import crackforest
from seg_models.losses import tversky
from seg_models.models import unet
from seg_models.optimizers import adamw
from seg_models.schedules import polynomial

EXPERIMENT = config.Experiment(
    dataset=crackforest.Config(),
    # tests/benchmarks/results/crackforest.md compares it with other losses.
    model=unet.Config(depth=3, width=12, dropout=0.0, loss=tversky.Config(scope=soft_counts.Scope(skip_classes=(0,)))),
    input=config.Input(batch_size=8, augment=(crop.Config(96, 96), flip.Config(), color.Config())),
    train=config.Train(
        steps=600,
        optimizer=adamw.Config(),
        schedule=polynomial.Config(),
        learning_rate=5e-3,
        warmup_steps=20,
        weight_decay=0.01,
        checkpoint_every=100,
    ),
    gate=config.Gate(metric="mean_iou", minimum=(("mean_iou", 0.65),), no_worse_than_last_by=0.01),
)
