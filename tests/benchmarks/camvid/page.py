"""The page that shows the rows."""

import json
from pathlib import Path
from typing import Any

from seg_models import image_files
from seg_models.datasets import camvid

COMMAND = "make bench-camvid"


def write(results: Path) -> None:
    """Writes README.md beside the rows."""
    rows = [json.loads(path.read_text()) for path in sorted(results.glob("*.json"))]
    rows.sort(key=lambda row: -row["mean_iou"])
    text = "\n\n".join([_introduction(rows), _scores(rows), _classes(rows), _pictures(rows)]) + "\n"
    image_files.write_atomically(results / "README.md", text.encode())


def _introduction(rows: list[dict[str, Any]]) -> str:
    seconds = sorted({int(row["seconds"]) for row in rows})
    return (
        f"# CamVid, from random weights, {' or '.join(map(str, seconds))} seconds of training each\n\n"
        f"`{COMMAND}` makes this page. All models see the same 367 images at 160x120 in the same order and colours, in "
        "batches of 8, on two processor cores: AdamW, weight decay 0.05, gradient norm at most 1, polynomial decay over "
        "the time, averaged weights, cross-entropy; each row's learning rate and widths stand in "
        "`tests/benchmarks/camvid/models.py`. Scores are of the 101 val images at their own 480x360. So little training "
        "says how much a network learns in minutes on a processor, not how good it becomes: large networks "
        "without pretrained weights come last. *Peer* rows are other libraries' networks in the same script."
    )


def _scores(rows: list[dict[str, Any]]) -> str:
    lines = [
        "| model | mIoU | pixel accuracy | steps | training, images/s | inference, images/s | parameters | peak memory |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        lines.append(
            f"| {row['title']} | {row['mean_iou']:.3f} | {row['pixel_accuracy']:.3f} | {row['steps']} "
            f"| {row['training_images_per_second']:.1f} | {row['inference_images_per_second']:.1f} "
            f"| {row['parameters'] / 1e6:.2f} M | {row['peak_memory_gb']:.1f} GB |"
        )
    return "\n".join(lines)


def _classes(rows: list[dict[str, Any]]) -> str:
    names = camvid.INFO.names
    lines = ["## IoU of each class", "", f"| model | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    for row in rows:
        lines.append(f"| {row['title']} | " + " | ".join(f"{row['per_class_iou'][name]:.2f}" for name in names) + " |")
    return "\n".join(lines)


def _pictures(rows: list[dict[str, Any]]) -> str:
    lines = ["## What each says of one val image", "", "| | | |", "|---|---|---|"]
    cells = [f"![{row['title']}]({row['name']}.png)<br>{row['title']}, {row['mean_iou']:.3f}" for row in rows]
    cells += [""] * (-len(cells) % 3)
    for first in range(0, len(cells), 3):
        lines.append("| " + " | ".join(cells[first : first + 3]) + " |")
    return "\n".join(lines)
