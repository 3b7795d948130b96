"""FCN-16s on CamVid at 240x180, from the FCN-32s that camvid_fcn32s has pushed; see there for all three stages.

    segline run camvid_fcn16s --data_dir DIR

The new scores start from 0, so that the first maps are those of the former stage, enlarged in two steps. The learning
rate is a tenth of it.

mIoU 0.335 (11 classes), pixel accuracy 0.787 on the 101 val images at their own 480x360.
"""

import dataclasses

from pipeline.experiments import camvid_fcn32s

FORMER = camvid_fcn32s.EXPERIMENT

EXPERIMENT = dataclasses.replace(
    FORMER,
    model=dataclasses.replace(FORMER.model, stride=16),
    train=dataclasses.replace(
        FORMER.train,
        steps=200,
        start_from="runs/camvid_fcn32s/serving",
        learning_rate=3e-4,
    ),
)
