"""A fake BSDS amodal: three people drew every image."""

import json
from pathlib import Path

from tests.raw_trees import cocoa

FOLDERS = {"train": ("100075", "100080"), "val": ("101085", "101087"), "test": ("100007",)}


def make(folder: Path) -> Path:
    """Writes the tree and returns the data_dir."""
    for name, keys in FOLDERS.items():
        images = folder / "BSR" / "BSDS500" / "data" / "images" / name
        entries = [cocoa.save_image(images, f"{key}.jpg", int(key)) for key in keys]
        made = [
            cocoa.annotation(int(key), cocoa.BOXES[person:], f"person_{person}") for person in range(3) for key in keys
        ]
        (folder / f"BSDS_amodal_{name}.json").write_text(json.dumps({"images": entries, "annotations": made}))
    return folder
