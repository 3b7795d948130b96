"""Reads a record file from end to end and counts what is in it; never two images in memory."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from seg_models import dataset, errors, inspection, records, truth_checks
from seg_models.browse import agreement, statistics

RANDOM, DOUBTFUL, APART = "random", "doubtful", "apart"
# What a TFRecord holds besides the record: length and two checksums.
FRAME = 16
NOTES = 3


def file_statistics(
    stored: Iterable[bytes], path: str, split: str, info: dataset.DatasetInfo, count: int
) -> statistics.Statistics:
    """Counts the records of a file.

    Args:
      stored: the records, as `records.read` gives them.
      path: of the file, named in findings.
      split: of its records.
      info: of the data set.
      count: images to choose of each group.
    """
    found, offset = statistics.Statistics(), 0
    try:
        for index, record in enumerate(stored):
            _add(found, record, statistics.Chosen("", f"record {index}", split, path, offset), info, count)
            offset += len(record) + FRAME
    except errors.DataError as error:
        found.findings.add(inspection.Placed(split, "", "error", str(error)))
    return found


def example_at(file: BinaryIO, chosen: statistics.Chosen) -> dataset.Example:
    """The Example of a chosen image, from its open file."""
    file.seek(chosen.offset)
    return records.decode(next(records.read(file, chosen.path)))


def _add(
    found: statistics.Statistics, record: bytes, place: statistics.Chosen, info: dataset.DatasetInfo, count: int
) -> None:
    found.findings.items[place.split] += 1
    try:
        example = records.decode(record)
    # A record that was tampered with may break anything in any way; the page shows the others.
    except Exception as error:
        told = f"{place.path}: {place.key} cannot be decoded ({type(error).__name__}: {error})."
        found.findings.add(inspection.Placed(place.split, "", "error", told))
        return
    doubts = list(truth_checks.findings(example, info, f"{place.path}: `{example.key}`"))
    for placed in inspection.placed(doubts, place.split, example.key):
        found.findings.add(placed)
    # Maps of the wrong size or with unknown classes cannot be counted.
    if any(doubt.kind == "error" for doubt in doubts):
        return
    scores = found.add(example, info, place.split)
    for group, rank, notes in _groups(example, doubts, scores):
        chosen = statistics.Chosen(rank, example.key, place.split, place.path, place.offset, notes)
        found.choose(group, chosen, count)


def _groups(
    example: dataset.Example, doubts: list[dataset.Finding], scores: agreement.Scores
) -> Iterator[tuple[str, float | str, tuple[str, ...]]]:
    """(group, rank, notes) of each group that an image may be shown in."""
    told = (", ".join(f"{name} {score:.3f}" for name, score in scores.items()),) if scores else ()
    # Random, but the same for the same keys, in whatever order and on however many workers they are read.
    by_hash = hashlib.sha256(example.key.encode()).hexdigest()
    yield RANDOM, by_hash, told
    if doubts:
        yield DOUBTFUL, by_hash, tuple(doubt.text for doubt in doubts[:NOTES])
    bounded = [score for name, score in scores.items() if name not in agreement.UNBOUNDED]
    if bounded:
        yield APART, bounded[0], told
