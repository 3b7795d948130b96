"""FCN-32s on CamVid at 240x180, an eighth of VGG16's width, from random weights: the first of three stages.

    segline run camvid_fcn32s --data_dir DIR
    segline run camvid_fcn16s --data_dir DIR
    segline run camvid_fcn8s --data_dir DIR

Each stage starts from the model that the one before has pushed to runs/, below the folder that the commands are typed
in (Long et al., 2015, section 4.3). With weights="imagenet" and the paper's width, `norm` is to be "none".

mIoU 0.281 (11 classes), pixel accuracy 0.716 on the 101 val images at their own 480x360.
"""

from seg_models import config
from seg_models.augment import color, crop, flip, scale_jitter
from seg_models.datasets import camvid
from seg_models.layers import normalization, vgg
from seg_models.models import fcn
from seg_models.optimizers import adamw
from seg_models.schedules import polynomial

EXPERIMENT = config.Experiment(
    dataset=camvid.Config(),
    model=fcn.Config(
        stride=32,
        vgg16=vgg.Vgg16(width=8, fc_channels=128, dropout=0.2),
        # Random weights that deep do not learn without it.
        norm=normalization.Norm("batch"),
    ),
    input=config.Input(
        size=(180, 240),
        batch_size=8,
        augment=(scale_jitter.Config(0.7, 1.6), crop.Config(180, 240), flip.Config(), color.Config()),
    ),
    train=config.Train(
        steps=400,
        optimizer=adamw.Config(),
        schedule=polynomial.Config(),
        learning_rate=3e-3,
        # As in the paper, whose biases learn twice as fast.
        learning_rate_factors=(("*/bias", 2.0),),
        warmup_steps=40,
        weight_decay=0.02,
        clip_norm=1.0,
        ema_decay=0.99,
        checkpoint_every=100,
    ),
    gate=config.Gate(metric="mean_iou", no_worse_than_last_by=0.01),
)
