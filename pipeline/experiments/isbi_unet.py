"""A small U-Net on the ISBI 2012 membranes, with the paper's border weights and elastic deformations.

    segline run isbi_unet --data_dir DIR

The network and steps of `tests/benchmarks/isbi_em.py`, which finds 0.54 for the score `rand` (0.42 and 0.66 with two
seeds), 0.9966 for `warping` and 0.936 for `pixel` on 4 held-out slices; below two minutes of processor time.
With so few steps the border weights help (`rand` 0.74 with them alone, 0.58 with neither ingredient, if classes are
chosen at one half; no better than without at the best threshold), and the elastic deformations cost some.
"""

from seg_models import config
from seg_models.augment import crop, elastic, flip
from seg_models.datasets import isbi_em
from seg_models.layers import normalization
from seg_models.losses import border_weighted_cross_entropy
from seg_models.models import unet
from seg_models.optimizers import adamw
from seg_models.schedules import polynomial

EXPERIMENT = config.Experiment(
    # 4 of the 24 slices that are published unpacked, 5 of the 30 of the stack.
    dataset=isbi_em.Config(eval_fraction=1 / 6),
    model=unet.Config(
        depth=3,
        width=16,
        dropout=0.2,
        norm=normalization.Norm("batch", momentum=0.9),
        loss=border_weighted_cross_entropy.Config(),
    ),
    input=config.Input(
        batch_size=4,
        augment=(elastic.Config(), crop.Config(160, 160), flip.Config()),
    ),
    train=config.Train(
        steps=300,
        optimizer=adamw.Config(),
        schedule=polynomial.Config(),
        learning_rate=3e-3,
        warmup_steps=20,
        weight_decay=0.01,
        checkpoint_every=100,
    ),
    evaluation=config.Evaluation(metrics=("confusion_matrix", "electron_microscopy")),
    gate=config.Gate(metric="electron_microscopy.rand", minimum=(("electron_microscopy.pixel", 0.85),)),
)
