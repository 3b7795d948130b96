"""U-Net on CamVid at 240x180, from random weights.

    segline run camvid_unet --data_dir DIR

mIoU 0.397 (11 classes), pixel accuracy 0.851 on the 101 val images at their own 480x360; 18 minutes of training on 2 cores
that had more other work than this beside it (1.4 s a step).
"""

from seg_models import config
from seg_models.augment import color, crop, flip, scale_jitter
from seg_models.datasets import camvid
from seg_models.models import unet
from seg_models.optimizers import adamw
from seg_models.schedules import polynomial

EXPERIMENT = config.Experiment(
    dataset=camvid.Config(),
    model=unet.Config(depth=4, width=12, dropout=0.2),
    input=config.Input(
        size=(180, 240),
        batch_size=8,
        augment=(scale_jitter.Config(0.7, 1.6), crop.Config(180, 240), flip.Config(), color.Config()),
    ),
    train=config.Train(
        steps=800,
        optimizer=adamw.Config(),
        schedule=polynomial.Config(),
        learning_rate=3e-3,
        warmup_steps=50,
        weight_decay=0.02,
        clip_norm=1.0,
        ema_decay=0.99,
        checkpoint_every=100,
    ),
    gate=config.Gate(metric="mean_iou", minimum=(("mean_iou", 0.35),), no_worse_than_last_by=0.01),
)
