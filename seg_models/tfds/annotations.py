"""The semantic map and the instances of one record; seg_models/tfds/segments.py has those that are listed."""

import dataclasses

import numpy as np

from seg_models import dataset, errors, labels
from seg_models.tfds import contents, layouts, segments


def annotated(example: dataset.Example, record: contents.Record, meaning: contents.Meaning) -> dataset.Example:
    """An example, which has its image, with the maps and objects of its record."""
    layout = meaning.layout
    if layout.semantic:
        example = labels.annotated(example, _labels(record, layout.semantic, meaning.info))
        record.check_size(example.semantic, layout.semantic, example)
    if layout.segments:
        return segments.annotated(example, record, meaning)
    return _with_instances(example, record, meaning) if layout.instance else example


def _labels(record: contents.Record, part: str, info: dataset.DatasetInfo) -> labels.Labels:
    feature, channel = layouts.part(part)
    if channel is None:
        return labels.read(record.name(part), info, record.encoded(feature))
    return labels.of(record.values(part), info, record.name(part))


def _with_instances(example: dataset.Example, record: contents.Record, meaning: contents.Meaning) -> dataset.Example:
    """Objects of an instance map alone: each has the class that the semantic map gives most of it."""
    part, info = meaning.layout.instance, meaning.info
    instance = record.values(part)
    record.check_size(instance, part, example)
    if instance.max(initial=0) > dataset.VOID_16:
        raise errors.DataError(f"{record.name(part)}: an RGB map of instances; name the `segments` that list its ids.")
    inside = (instance > 0) & (example.semantic != info.void)
    pairs, counts = np.unique(np.stack([instance[inside], example.semantic[inside]]), axis=1, return_counts=True)
    categories: dict[int, int] = {}
    findings = list(example.findings)
    for place in np.argsort(-counts, kind="stable").tolist():
        identity, category = pairs[:, place].tolist()
        text = f"{record.name(part)}: {counts[place]} pixels of instance {identity} are {info.names[category]}"
        if not info.categories[category].is_thing:
            raise errors.DataError(f"{text}, which is not among the things.")
        if identity in categories:
            findings.append(dataset.Finding("category", f"{text}, more are {info.names[categories[identity]]}."))
        categories.setdefault(identity, category)
    return dataclasses.replace(
        example,
        instance=np.where(np.isin(instance, list(categories)), instance, 0),
        objects=tuple(dataset.Object(categories[each], each, source_id=each) for each in sorted(categories)),
        findings=tuple(findings),
    )
