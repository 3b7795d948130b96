"""DeepLabV3+ on CamVid at 240x180, from random weights.

    segline run camvid_deeplab --data_dir DIR

mIoU 0.548 (11 classes), pixel accuracy 0.903 on the 101 val images at their own 480x360; 25 minutes of training on 2 cores
that had other work beside it (0.65 s a step).
"""

from seg_models import config
from seg_models.augment import color, crop, flip, scale_jitter
from seg_models.backbones import residual
from seg_models.datasets import camvid
from seg_models.layers import aspp
from seg_models.models import deeplab_v3_plus
from seg_models.optimizers import adamw
from seg_models.schedules import polynomial

EXPERIMENT = config.Experiment(
    dataset=camvid.Config(),
    # Without pretrained weights the small dense backbone learns more in the same time than the mobile ones.
    model=deeplab_v3_plus.Config(
        backbone=residual.Config(stem=32, widths=(48, 96, 192, 256), blocks=(2, 2, 2, 2)),
        pyramid=aspp.Aspp(channels=128, rates=(2, 4, 6)),
        decoder_channels=96,
    ),
    input=config.Input(
        size=(180, 240),
        batch_size=8,
        augment=(scale_jitter.Config(0.7, 1.8), crop.Config(180, 240), flip.Config(), color.Config()),
    ),
    train=config.Train(
        steps=2300,
        optimizer=adamw.Config(),
        schedule=polynomial.Config(),
        learning_rate=2e-3,
        warmup_steps=100,
        weight_decay=0.05,
        clip_norm=1.0,
        ema_decay=0.998,
        checkpoint_every=100,
        evaluate_every=500,
    ),
    gate=config.Gate(metric="mean_iou", minimum=(("mean_iou", 0.45),), no_worse_than_last_by=0.01),
)
