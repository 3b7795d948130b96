"""What metrics compare: the Maps of a record's truth and of a model's answer. No TensorFlow."""

from collections.abc import Mapping

import numpy as np

from seg_models import dataset, errors, metric, records


def truth(example: dataset.Example, info: dataset.DatasetInfo) -> metric.Maps:
    """The annotated maps of a record: semantic, panoptic int32 [H, W]; void segments have the id 65535.

    Raises:
      DataError: no semantic map, or a value that is no train id.
    """
    if example.semantic is None:
        raise errors.DataError(f"{example.key}: the record has no semantic map, so nothing can be scored on it.")
    semantic = example.semantic.astype(np.int32)
    strange = semantic[(semantic >= info.num_categories) & (semantic != info.void)]
    if strange.size:
        raise errors.DataError(
            f"{example.key}: {strange.size} pixels have the value {strange[0]}, but the model knows the train ids "
            f"0..{info.num_categories - 1} and void = {info.void}. Were the records made for another model?"
        )
    panoptic, objects = records.panoptic(example, info)
    segments = {
        segment_id: metric.Segment(segment_id // info.label_divisor, thing is not None and thing.is_crowd)
        for segment_id, thing in objects.items()
    }
    panoptic = np.where(np.isin(panoptic, list(segments)), panoptic, dataset.VOID_16)
    return metric.Maps(semantic, panoptic.astype(np.int32), segments)


def prediction(outputs: Mapping[str, np.ndarray], info: dataset.DatasetInfo) -> metric.Maps:
    """The maps of a model's answer, "semantic" and "panoptic" (65535 is void): integer [H, W]."""
    semantic, panoptic = (np.asarray(outputs[name], np.int32) for name in ("semantic", "panoptic"))
    # Counting finds the ids without sorting the pixels, which would take longer than all metrics together.
    ids = np.flatnonzero(np.bincount(panoptic.ravel(), minlength=dataset.VOID_16 + 1)[: dataset.VOID_16]).tolist()
    return metric.Maps(semantic, panoptic, {each: metric.Segment(each // info.label_divisor) for each in ids})
