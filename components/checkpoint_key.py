"""The name of a training's checkpoints: only a run of the same settings, code and records goes on from them."""

import hashlib

from seg_models import manifest


def of(settings: str, code: str, records_dir: str) -> str:
    """A hash of the encoded settings, the version of the code, and the checksum of every record file."""
    splits = sorted(manifest.read(records_dir).splits.items())
    text = "\n".join(
        [settings, code, *(f"{name}: {[tuple(shard) for shard in split.shards]}" for name, split in splits)]
    )
    return hashlib.sha256(text.encode()).hexdigest()[:16]
