"""Maps as pictures: coloured, laid over their image, right and wrong, the legend. Numpy and PIL only."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from seg_models import dataset

VOID_COLOR = (96, 96, 96)
RIGHT_COLOR = (58, 150, 84)
WRONG_COLOR = (214, 48, 49)
BORDER_COLOR = (255, 255, 255)

# Instances of one category differ in lightness; steps of the golden ratio keep neighbours in the row apart.
GOLDEN = 0.6180339887


def palette(info: dataset.DatasetInfo) -> np.ndarray:
    """uint8 [C + 1, 3]: the categories' colours, then void's."""
    return np.asarray([category.color for category in info.categories] + [VOID_COLOR], np.uint8)


def color_semantic(semantic: np.ndarray, info: dataset.DatasetInfo) -> np.ndarray:
    """Colours a semantic map, integer [H, W], by category: uint8 [H, W, 3]."""
    known = (semantic >= 0) & (semantic < info.num_categories)
    return palette(info)[np.where(known, semantic, info.num_categories)]


def color_panoptic(panoptic: np.ndarray, info: dataset.DatasetInfo) -> np.ndarray:
    """Colours a panoptic map, integer [H, W]: category colours, each instance in a lightness of its own.

    Returns:
      uint8 [H, W, 3]; ids of no category are void.
    """
    ids, inverse = np.unique(panoptic, return_inverse=True)
    category, instance = ids // info.label_divisor, ids % info.label_divisor
    instance[(category < 0) | (category >= info.num_categories)] = 0
    colors = color_semantic(category, info).astype(np.float64)
    lightness = np.where(instance > 0, (instance * GOLDEN) % 1 - 0.5, 0.0)[:, None]
    target = np.where(lightness > 0, 255.0, 0.0)
    shaded = colors + np.abs(lightness) * (target - colors)
    return shaded.round().astype(np.uint8)[inverse].reshape(*panoptic.shape, 3)


def borders(segments: np.ndarray) -> np.ndarray:
    """bool [H, W]: pixels of an integer [H, W] map whose right or lower neighbour belongs to another segment."""
    edge = np.zeros(segments.shape, bool)
    edge[:, :-1] |= segments[:, :-1] != segments[:, 1:]
    edge[:-1] |= segments[:-1] != segments[1:]
    return edge


def overlay(image: np.ndarray, colors: np.ndarray, segments: np.ndarray, *, opacity: float = 0.6) -> np.ndarray:
    """Lays a coloured map over its image and draws the segments' borders.

    Args:
      image: uint8 [H, W, 3] or [H, W].
      colors: uint8 [H, W, 3].
      segments: integer [H, W]; a border runs where its value changes.
      opacity: of the colours; the borders are opaque.

    Returns:
      uint8 [H, W, 3].
    """
    image = np.broadcast_to(image[..., None], (*image.shape, 3)) if image.ndim == 2 else image
    blended = image * (1 - opacity) + colors * opacity
    blended[borders(segments)] = BORDER_COLOR
    return blended.round().astype(np.uint8)


def semantic_overlay(image: np.ndarray, semantic: np.ndarray, info: dataset.DatasetInfo) -> np.ndarray:
    """A semantic map, integer [H, W], over its image, uint8 [H, W, 3]: uint8 [H, W, 3]."""
    return overlay(image, color_semantic(semantic, info), semantic)


def panoptic_overlay(image: np.ndarray, panoptic: np.ndarray, info: dataset.DatasetInfo) -> np.ndarray:
    """A panoptic map, integer [H, W], over its image, uint8 [H, W, 3]: uint8 [H, W, 3]."""
    return overlay(image, color_panoptic(panoptic, info), panoptic)


def error_map(truth: np.ndarray, prediction: np.ndarray, info: dataset.DatasetInfo) -> np.ndarray:
    """Green where two semantic maps, integer [H, W], agree, red where not, grey where the truth is void.

    Returns:
      uint8 [H, W, 3].
    """
    colors = np.where((truth == prediction)[..., None], np.uint8(RIGHT_COLOR), np.uint8(WRONG_COLOR))
    colors[truth == info.void] = VOID_COLOR
    return colors


def legend(info: dataset.DatasetInfo, train_ids: list[int], *, width: int) -> np.ndarray:
    """The named colours of some categories, in as many columns as `width` pixels hold: uint8 [H, width, 3]."""
    font, row, swatch, gap = ImageFont.load_default(13), 20, 14, 6
    labels = [info.names[train_id] for train_id in train_ids]
    widest = max((font.getlength(label) for label in labels), default=0)
    column = int(widest) + swatch + 3 * gap
    columns = max(1, width // column)
    rows = -(-len(labels) // columns)
    canvas = Image.new("RGB", (width, rows * row + gap), (255, 255, 255))
    draw = ImageDraw.Draw(canvas)
    for index, (train_id, label) in enumerate(zip(train_ids, labels)):
        left, top = gap + index % columns * column, gap + index // columns * row
        color = info.categories[train_id].color
        draw.rectangle((left, top, left + swatch, top + swatch), fill=color, outline=(120, 120, 120))
        draw.text((left + swatch + gap, top), label, fill=(20, 20, 20), font=font)
    return np.asarray(canvas)


def with_legend(picture: np.ndarray, semantic: np.ndarray, info: dataset.DatasetInfo) -> np.ndarray:
    """A picture, uint8 [H, W, 3], above the legend of the categories in its semantic map, integer [H, W]."""
    present = [int(train_id) for train_id in np.unique(semantic) if 0 <= train_id < info.num_categories]
    named = legend(info, present, width=max(picture.shape[1], 160))
    wider = np.full((picture.shape[0], named.shape[1], 3), 255, np.uint8)
    wider[:, : picture.shape[1]] = picture
    return np.concatenate([wider, named])


def side_by_side(pictures: list[np.ndarray], *, gap: int = 4) -> np.ndarray:
    """Joins pictures of one height, uint8 [H, W, 3], left to right with white gaps: uint8 [H, sum of W, 3]."""
    space = np.full((pictures[0].shape[0], gap, 3), 255, np.uint8)
    spaced = [part for picture in pictures for part in (picture, space)]
    return np.concatenate(spaced[:-1], axis=1)
