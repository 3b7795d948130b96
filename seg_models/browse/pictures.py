"""What is annotated in an image, drawn: classes, instances, whole extents, other people's drawings, other maps."""

import io
from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image

from seg_models import dataset, image_files, truth_checks, visualize
from seg_models.browse import agreement

# The longer side: larger images are scaled down to the one, smaller ones than the other enlarged by whole factors.
LONGEST, SHORTEST = 640, 256
JPEG_QUALITY = 88
PEOPLE, MAPS = 8, 6
LINE = (255, 255, 255)

Picture = tuple[str, np.ndarray]


class Canvas:
    """An image at the size of its pictures, and its maps brought to that size without mixing values."""

    def __init__(self, example: dataset.Example, info: dataset.DatasetInfo) -> None:
        self.example, self.info = example, info
        height, width = example.height, example.width
        longest = max(height, width)
        scale = LONGEST / longest if longest > LONGEST else max(1, SHORTEST // longest)
        self.size = max(1, round(height * scale)), max(1, round(width * scale))
        self._rows = ((np.arange(self.size[0]) + 0.5) * height / self.size[0]).astype(int)
        self._columns = ((np.arange(self.size[1]) + 0.5) * width / self.size[1]).astype(int)
        resample = Image.Resampling.BOX if scale < 1 else Image.Resampling.NEAREST
        pixels = Image.fromarray(image_files.decode_rgb(example.image_bytes, example.key))
        self.image = np.asarray(pixels.resize(self.size[::-1], resample))

    def scaled(self, values: np.ndarray) -> np.ndarray:
        """Any [H, W] at the size of the pictures."""
        return values[self._rows][:, self._columns]


def drawn(example: dataset.Example, info: dataset.DatasetInfo) -> Iterator[Picture]:
    """(caption, uint8 [h, w, 3]) of all there is to see, the image itself first."""
    canvas = Canvas(example, info)
    yield "Image", canvas.image
    if example.semantic is not None:
        semantic = canvas.scaled(example.semantic).astype(np.int32)
        yield "Classes", visualize.semantic_overlay(canvas.image, semantic, info)
    first = [thing for thing in example.objects if thing.annotator == 0]
    if first:
        masks = [canvas.scaled(truth_checks.visible(example, thing)) for thing in first]
        yield "Objects", _objects(canvas, first, masks)
    if any(thing.amodal is not None for thing in first):
        masks = [canvas.scaled(agreement.extent(example, thing)) for thing in first]
        yield "Whole extents", _outlines(canvas, first, masks)
    for people in agreement.annotations(example):
        yield from _people(canvas, people[:PEOPLE])
    others = [name for name in example.maps if not name.startswith(agreement.OF_PEOPLE)]
    for name in others[:MAPS]:
        yield name, _numbered(canvas, example.maps[name])


def jpeg(picture: np.ndarray) -> bytes:
    """A picture, uint8 [h, w, 3], encoded."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    return buffer.getvalue()


def _people(canvas: Canvas, people: Sequence[agreement.Annotation]) -> Iterator[Picture]:
    """What each of several people drew."""
    for person in people:
        caption = f"Annotator {person.annotator + 1}"
        if person.semantic is not None:
            semantic = canvas.scaled(person.semantic).astype(np.int32)
            yield caption, visualize.semantic_overlay(canvas.image, semantic, canvas.info)
        elif person.regions is not None:
            yield caption, _numbered(canvas, person.regions)
        else:
            masks = [canvas.scaled(agreement.extent(canvas.example, thing)) for thing in person.objects]
            yield caption, _outlines(canvas, person.objects, masks)


def _numbered(canvas: Canvas, values: np.ndarray) -> np.ndarray:
    """A map of numbers that mean nothing here, each in a colour of its own; 0 is left clear."""
    values = canvas.scaled(values).astype(np.int32)
    present, inverse = np.unique(values, return_inverse=True)
    colors = np.asarray([dataset.palette_color(int(value)) for value in present], np.uint8)[inverse]
    colors = colors.reshape(*values.shape, 3)
    return visualize.overlay(canvas.image, np.where((values > 0)[..., None], colors, canvas.image), values)


def _objects(canvas: Canvas, objects: Sequence[dataset.Object], masks: Sequence[np.ndarray]) -> np.ndarray:
    """Objects in the colours of their categories, each in a lightness of its own, the smaller over the larger."""
    info, ids = canvas.info, np.full(canvas.size, -1, np.int64)
    for place in sorted(range(len(objects)), key=lambda place: (not objects[place].is_crowd, -masks[place].sum())):
        number = place % (info.label_divisor - 1) + 1
        ids[masks[place]] = objects[place].category * info.label_divisor + number
    colors = visualize.color_panoptic(ids, info)
    picture = visualize.overlay(canvas.image, np.where((ids >= 0)[..., None], colors, canvas.image), ids)
    # Where objects overlap, the outline of the one below runs on.
    for thing, mask in zip(objects, masks):
        if thing.mask is not None:
            picture[visualize.borders(mask)] = LINE
    return picture


def _outlines(canvas: Canvas, objects: Sequence[dataset.Object], masks: Sequence[np.ndarray]) -> np.ndarray:
    """Objects as outlines of their whole extents, over a darker image so that they are seen."""
    picture = (canvas.image * 0.6).round().astype(np.uint8)
    for place, (thing, mask) in enumerate(zip(objects, masks)):
        # Classes of two or three colours would make one line of many objects.
        picture[_thick(visualize.borders(mask))] = dataset.palette_color(place + thing.category)
    return picture


def _thick(line: np.ndarray) -> np.ndarray:
    """Lines bool [h, w] a pixel wider."""
    thick = line.copy()
    thick[1:] |= line[:-1]
    thick[:, 1:] |= line[:, :-1]
    return thick
