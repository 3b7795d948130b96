"""The page that shows the rows."""

import json
from pathlib import Path
from typing import Any

from seg_models import image_files
from seg_models.datasets import camvid

COMMAND = "python -m tests.benchmarks.camvid --seconds"


def write(results: Path) -> None:
    """Writes README.md beside the rows."""
    rows = [json.loads(path.read_text()) for path in sorted(results.glob("*.json"))]
    rows.sort(key=lambda row: -row["mean_iou"])
    text = "\n\n".join([_introduction(rows), _scores(rows), _classes(rows), _pictures(rows)]) + "\n"
    image_files.write_atomically(results / "README.md", text.encode())


def _introduction(rows: list[dict[str, Any]]) -> str:
    seconds = " or ".join(str(each) for each in sorted({int(row["seconds"]) for row in rows}))
    return (
        f"# CamVid, from random weights, {seconds} seconds of training each\n\n"
        f"    {COMMAND} {seconds}      # 360 by default: make bench-camvid\n\n"
        "All models see the same 367 images at 160x120 in the same order and colours, in batches of 8, on two processor "
        "cores: AdamW, weight decay 0.05, gradient norm at most 1, polynomial decay over the time, averaged weights, "
        "cross-entropy. Each row's learning rate and widths stand in `tests/benchmarks/camvid/models.py`. Scores are of "
        "the 101 val images at their own 480x360, one run each: differences of a few hundredths mean nothing. So "
        "little training tells how much a network learns in minutes on a processor, not how good it becomes.\n\n"
        "*Peer* rows are other libraries' networks in the same script. Their U-Net has the layers of ours beside it. "
        "Their PSPNet ends its backbone at stride 8, where ours goes on with dilation. keras-cv's DeepLabV3+ has the "
        "widths and the pyramid of ours here, but for a stem of 64 channels; its backbone comes undilated, at stride "
        "32, and its dilated convolutions are TensorFlow's own, which cost 2 to 12 times those of "
        "`layers/atrous_convolution.py`."
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
