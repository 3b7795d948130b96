"""The name of a training's checkpoints: only a run of the same settings, code and records goes on from them."""

import hashlib

from seg_models import manifest


def of(settings: str, code: str, records_dir: str, start: str = "") -> str:
    """A hash of the encoded settings, the version of the code, and the checksum of every record file.

    `start` tells the weights that training starts from (start_weights.fingerprints); "" where it starts from none.
    """
    splits = sorted(manifest.read(records_dir).splits.items())
    records = [f"{name}: {[tuple(shard) for shard in split.shards]}" for name, split in splits]
    text = "\n".join([settings, code, *records, *([start] if start else [])])
    return hashlib.sha256(text.encode()).hexdigest()[:16]
