"""The report's gallery: image, truth, prediction and errors of a sample side by side, as HTML and as PNG files."""

import base64
import html
import io
import re
from collections.abc import Iterator

import numpy as np
from PIL import Image

from seg_models import dataset, gallery, image_files, visualize
from seg_models.report import classes, findings

KINDS = (("worst", "Worst"), ("best", "Best"), ("random", "Random"))
# Small images are enlarged by whole factors up to this, so that the borders drawn on them stay thin.
LONGEST_SIDE = 256
JPEG_QUALITY = 88
ERRORS = (
    ("right", visualize.RIGHT_COLOR),
    ("wrong class", visualize.WRONG_COLOR),
    ("void, not counted", visualize.VOID_COLOR),
)


def section(found: findings.Findings) -> str:
    """All samples, embedded."""
    groups = []
    for kind, title in KINDS:
        samples = getattr(found.gallery, kind)
        shown = "".join(_figure(sample, found) for sample in samples)
        groups.append(f"<h3>{title}</h3>{shown}" if samples else "")
    if not any(groups):
        return ""
    chips = "".join(
        f'<span class="chip"><i class="swatch" style="background:rgb{color}"></i>{name}</span>'
        for name, color in ERRORS
    )
    legend = classes.legend(found.info.categories)
    return (
        f'<section id="images"><h2>Images</h2>{legend}<p class="note">In the error maps:</p>'
        f'<div class="chips">{chips}</div>{"".join(groups)}</section>'
    )


def files(found: findings.Findings) -> dict[str, bytes]:
    """The gallery as PNG files, four pictures side by side in each: relative name -> content."""
    return {
        f"gallery/{kind}-{index}-{_file_name(sample.key)}.png": image_files.encode_png(
            visualize.side_by_side([picture for _, picture in drawn(sample, found.info, found.predicts_things)])
        )
        for kind, _ in KINDS
        for index, sample in enumerate(getattr(found.gallery, kind), 1)
    }


def drawn(sample: gallery.Sample, info: dataset.DatasetInfo, predicts_things: bool) -> Iterator[tuple[str, np.ndarray]]:
    """(caption, uint8 [h, w, 3]): image, truth, prediction, errors; panoptic where the model tells things apart."""
    image = image_files.decode_rgb(sample.image, sample.key)
    factor = max(1, LONGEST_SIDE // max(image.shape[:2]))
    image = _enlarged(image, factor)
    truth, prediction = (
        {name: _enlarged(values, factor) for name, values in gallery.decoded(maps).items()}
        for maps in (sample.truth, sample.prediction)
    )
    yield "Image", image
    for title, maps in (("Truth", truth), ("Prediction", prediction)):
        if predicts_things:
            yield title, visualize.panoptic_overlay(image, maps["panoptic"], info)
        else:
            yield title, visualize.semantic_overlay(image, maps["semantic"], info)
    yield "Errors", visualize.error_map(truth["semantic"], prediction["semantic"], info)


def _enlarged(values: np.ndarray, factor: int) -> np.ndarray:
    """Any [H, W, ...] -> [H * factor, W * factor, ...], each pixel a square."""
    return values.repeat(factor, axis=0).repeat(factor, axis=1)


def _figure(sample: gallery.Sample, found: findings.Findings) -> str:
    told = ", ".join(f"{name} {score:.3f}" for name, score in sample.scores if findings.is_number(score))
    shown = "".join(_picture(caption, picture) for caption, picture in drawn(sample, found.info, found.predicts_things))
    return (
        f'<article><header><b>{html.escape(sample.key)}</b> <span class="note">{html.escape(told)}</span></header>'
        f'<div class="pictures">{shown}</div></article>'
    )


def _picture(caption: str, picture: np.ndarray) -> str:
    """An embedded picture: flat colours as PNG, everything photographic as JPEG, which is ten times smaller."""
    buffer = io.BytesIO()
    kind = "png" if caption == "Errors" else "jpeg"
    if kind == "png":
        Image.fromarray(picture).quantize(8).save(buffer, "PNG", optimize=True)
    else:
        Image.fromarray(picture).save(buffer, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    source = f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode()}"
    height, width = picture.shape[:2]
    return (
        f'<figure><img src="{source}" alt="{caption}" width="{width}" height="{height}" loading="lazy">'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def _file_name(key: str) -> str:
    """A key as part of a file name."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", key)[-80:]
