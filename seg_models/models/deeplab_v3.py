"""DeepLabV3 (Chen et al., 2017, arXiv:1706.05587): atrous spatial pyramid pooling, scored without a decoder."""

import dataclasses
from typing import Any

import keras

from seg_models import config as settings
from seg_models import dataset, model, registry
from seg_models.backbones import resnet
from seg_models.layers import aspp, convolution, normalization
from seg_models.losses import cross_entropy


@dataclasses.dataclass(frozen=True)
class Config:
    """The architecture; the defaults are the paper's (sections 3.2, 3.3 and 4.1).

    The paper evaluates at output stride 8 what it trains at 16: the weights are the same, the rates double.
    The network that MobileNetV2's authors publish (Sandler et al. 2018, section 6.3) has backbone mobilenet_v2 and a
    pyramid without rates, that is of a 1x1 convolution and image pooling alone.

    Attributes:
      backbone: Config of seg_models.backbones; its `output_stride` sets the pyramid's reach.
      pyramid: the ASPP.
      norm: of every layer, the backbone's too.
      loss: Config of seg_models.losses.
    """

    backbone: Any = settings.part("seg_models.backbones", default=resnet.Config(depth=101, multi_grid=(1, 2, 4)))
    pyramid: aspp.Aspp = aspp.Aspp()
    norm: normalization.Norm = normalization.Norm()
    loss: Any = settings.part("seg_models.losses", default=cross_entropy.Config())

    @property
    def pretrained(self) -> bool:
        """Whether training starts from weights learnt elsewhere."""
        return self.backbone.pretrained


def build(config: Config, info: dataset.DatasetInfo) -> model.SegmentationModel:
    """Semantic segmentation with outputs {"semantic": float32 [B, ceil(H / s), ceil(W / s), C]}, s: output stride.

    In training the scores are enlarged to the truth instead of the truth being thinned out (section 4.1). Enlarging
    takes pixels for areas (half-pixel centres), although features of stride s lie on every s-th pixel from the first
    on; the authors' release aligns corners, which at sides of s n + 1 pixels is exact.
    """
    backbone = registry.module_of(config.backbone).build(config.backbone, config.norm)
    stride = config.backbone.output_stride
    context = aspp.aspp(backbone.output["5"], config.pyramid, config.norm, output_stride=stride)
    semantic = convolution.scores(context, info.num_categories, name="semantic")
    network = keras.Model(backbone.input, {"semantic": semantic}, name="deeplab_v3")
    return model.SemanticModel(info, network, config.loss, backbone=backbone)
