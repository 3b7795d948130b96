"""The page of models and of what they are made of, from what each says of itself; `python -m tests.model_table` writes it.

Weights are counted by building every model and backbone at its defaults, which takes minutes and several GB.
"""

import keras
import numpy as np

from pipeline import docstrings
from seg_models import dataset, registry
from seg_models.layers import normalization
from tests import conftest

PAGE = conftest.ROOT / "seg_models" / "models" / "README.md"
CLASSES = 21  # PASCAL VOC's, as in most papers

HEAD = """\
# Models

Each is one file of this folder, with the paper's values as the defaults of its `Config`:

    segline run camvid_deeplab --data_dir DIR --model pspnet --model.backbone resnet --model.backbone.output_stride 8
    segline run camvid_deeplab --data_dir DIR --model unet --model.loss dice --model.width 16
    segline run NAME --show         # every field with its value; each is an option

Every model takes images of any size, trains in float32 and in half precision, on one device and on several, and exports
one SavedModel. Weights are those of the default `Config` for 21 classes that are learnt; `tests/test_NAME.py` derives
the published number layer by layer from the paper's table.
"""

INFERENCE = """\
## Inference

`inference` in an experiment says how maps are made from scores: in evaluation while a model learns, in the evaluator and
in the exported model alike.

    --inference.window 512,512                              sliding windows, two thirds of a window apart, averaged
    --inference.window 572,572 --inference.margin 92        overlap-tile, mirrored at the image's borders
    --inference.scales 0.5,0.75,1,1.25,1.5,1.75 --inference.flip    several scales, and mirrored
    --inference.refinement dense_crf                        fully connected CRF

Windows hold one row of scores at a time, of wide images a panel of it (`--inference.memory_mb`): an image of 8,000 x
8,000 pixels and 150 classes takes 1.5 GB above the model (`python -m tests.benchmarks.large_image`), where its
scores alone would be 36 GB.

## Training

    --train.learning_rate_factors 'backbone/*=0.1'          a learning rate of its own for some weights; 0 freezes them
    --train.start_from runs/fcn32s/serving                  weights of another model, wherever name and shape agree
    --train.precise_bn_images 200                           statistics of batch normalisation computed anew
    --train.class_weights median_frequency                  or inverse_frequency, effective_number
    --tune.trials 8 --tune.space 'train.learning_rate=1e-4..1e-2 log,model.width=16|32'    Keras Tuner, before training

FCN's three stages are `camvid_fcn32s`, `camvid_fcn16s` and `camvid_fcn8s`; each starts from the model that the one before
has pushed.

## Compared

`make peers` holds layers and networks against segmentation-models, keras-cv and torch, weights copied, in an environment
of their own: U-Net over VGG16 from pixels to scores, the pyramids of PSPNet and FPN, DeepLabV3+ up to its head, pooling
with indices, dilation, resizing, attention, losses. `make bench-camvid` trains all models and three peers for equal
times: [the table](../../tests/benchmarks/results/camvid/README.md).

"""

PARTS = {
    "backbones": "Backbones",
    "losses": "Losses",
    "augment": "Augmentations",
    "schedules": "Schedules",
    "optimizers": "Optimizers",
    "refinements": "Refinements",
}


def lines(package: str) -> list[str]:
    """Name and purpose of every module of a package of seg_models, as the first cells of table rows."""
    first = docstrings.first_lines(f"seg_models.{package}")
    return [f"| `{name}` | {first[name].rstrip('.')} |" for name in registry.available(f"seg_models.{package}")]


def page() -> str:
    """The whole page."""
    tables = [_table(lines("models"), [_model(name) for name in registry.available("seg_models.models")])]
    for package, title in PARTS.items():
        names = registry.available(f"seg_models.{package}")
        counts = [_backbone(name) for name in names] if package == "backbones" else None
        tables.append(f"## {title}\n\n" + _table(lines(package), counts))
    return "\n".join([HEAD, tables[0], "", INFERENCE + "\n\n".join(tables[1:]), ""])


def _table(rows: list[str], counts: list[str] | None) -> str:
    if counts is None:
        return "\n".join(["| name | what it is |", "|---|---|", *rows])
    joined = [f"{row} {count} |" for row, count in zip(rows, counts, strict=True)]
    return "\n".join(["| name | what it is | weights |", "|---|---|---|", *joined])


def _model(name: str) -> str:
    keras.backend.clear_session()
    module = registry.find("seg_models.models", name)
    categories = tuple(dataset.Category(str(index), (0, 0, 0), is_thing=index > 10) for index in range(CLASSES))
    return _weights(module.build(module.Config(), dataset.DatasetInfo("counted", categories, ())).network)


def _backbone(name: str) -> str:
    keras.backend.clear_session()
    module = registry.find("seg_models.backbones", name)
    return _weights(module.build(module.Config(), normalization.Norm("batch")))


def _weights(network: keras.Model) -> str:
    return f"{sum(int(np.prod(weight.shape)) for weight in network.trainable_weights):,}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
