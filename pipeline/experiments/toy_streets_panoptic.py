"""Panoptic-DeepLab on the embedded street scenes: what `make run` runs, from made images to a served model.

    segline run toy_streets_panoptic

mIoU 0.820, PQ 0.773 (things 0.621, stuff 0.864) on 64 unseen 128x128 scenes; 1 min 30 s of training on 2 cores.
"""

from seg_models import config
from seg_models.augment import color, crop, flip, scale_jitter
from seg_models.backbones import residual
from seg_models.datasets import toy_streets
from seg_models.layers import aspp, instance_grouping
from seg_models.losses import cross_entropy
from seg_models.models import panoptic_deeplab
from seg_models.optimizers import adamw
from seg_models.schedules import polynomial

SIZE = 128

EXPERIMENT = config.Experiment(
    dataset=toy_streets.Config(images_train=640, images_eval=64, height=SIZE, width=SIZE),
    model=panoptic_deeplab.Config(
        backbone=residual.Config(stem=16, widths=(32, 64, 96, 128), blocks=(1, 1, 1, 1)),
        pyramid=aspp.Aspp(channels=64, rates=(1, 2, 3), dropout=0.0),
        semantic_channels=64,
        instance_channels=48,
        semantic_projections=(32, 32),
        instance_projections=(32, 32),
        head_channels=64,
        separable=False,
        # Of so few pixels all are worth learning from.
        loss=cross_entropy.Config(),
        center_weight=100.0,
        offset_weight=0.05,
        small_instance_weight=2.0,
        sigma=5.0,
        grouping=instance_grouping.Config(stuff_area=32, thing_area=16),
    ),
    input=config.Input(
        size=(SIZE, SIZE),
        batch_size=8,
        augment=(scale_jitter.Config(0.8, 1.4), crop.Config(SIZE, SIZE), flip.Config(), color.Config()),
    ),
    train=config.Train(
        steps=1100,
        optimizer=adamw.Config(),
        schedule=polynomial.Config(),
        learning_rate=3e-3,
        warmup_steps=40,
        weight_decay=0.01,
        clip_norm=1.0,
        ema_decay=0.99,
        checkpoint_every=100,
    ),
    gate=config.Gate(metric="pq", minimum=(("mean_iou", 0.75), ("pq", 0.55)), no_worse_than_last_by=0.02),
)
