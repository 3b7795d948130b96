"""A small U-Net on the embedded data set: the whole line in seconds of training, for tests and first looks.

    segline run toy_streets_unet

mIoU 0.586, pixel accuracy 0.873 on 16 unseen 64x64 scenes; 49 s of training on 2 cores that had other work beside it.
"""

from seg_models import config
from seg_models.augment import flip
from seg_models.datasets import toy_streets
from seg_models.models import unet
from seg_models.optimizers import adamw
from seg_models.schedules import polynomial

EXPERIMENT = config.Experiment(
    dataset=toy_streets.Config(images_train=96, images_eval=16, height=64, width=64),
    model=unet.Config(depth=3, width=16, dropout=0.0),
    input=config.Input(size=(64, 64), batch_size=8, augment=(flip.Config(),)),
    train=config.Train(
        steps=250,
        optimizer=adamw.Config(),
        schedule=polynomial.Config(),
        learning_rate=8e-3,
        warmup_steps=10,
        weight_decay=0.01,
        clip_norm=1.0,
        checkpoint_every=50,
    ),
    gate=config.Gate(metric="mean_iou", minimum=(("mean_iou", 0.45),), no_worse_than_last_by=0.05),
)
