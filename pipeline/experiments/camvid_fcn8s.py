"""FCN-8s on CamVid at 240x180, from the FCN-16s that camvid_fcn16s has pushed; see there for all three stages.

    segline run camvid_fcn8s --data_dir DIR

The new scores start from 0, so that the first maps are those of the former stage, enlarged in two steps. The learning
rate is a third of it.

mIoU 0.344 (11 classes), pixel accuracy 0.798 on the 101 val images at their own 480x360.
"""

import dataclasses

from pipeline.experiments import camvid_fcn16s

FORMER = camvid_fcn16s.EXPERIMENT

EXPERIMENT = dataclasses.replace(
    FORMER,
    model=dataclasses.replace(FORMER.model, stride=8),
    train=dataclasses.replace(
        FORMER.train,
        steps=200,
        start_from="runs/camvid_fcn16s/serving",
        learning_rate=1e-4,
    ),
)
