"""Scores stored predictions against stored truth, without a model; prints JSON."""

import argparse
import sys

from pipeline import arguments as typed

EXAMPLE = "segline score --format semantic_png --truth_dir truth --prediction_dir predictions --num_classes 19"
FIELDS = ""
NEEDED = {
    "semantic_png": ("truth_dir", "prediction_dir", "num_classes"),
    "coco_panoptic": ("truth_json", "truth_dir", "prediction_json", "prediction_dir"),
}


def add_arguments(parser: typed.Parser) -> None:
    """Adds the verb's options."""
    kinds = typed.one_of("the formats", NEEDED)
    parser.add_argument("--format", required=True, type=kinds, help=f"how they are stored: {' or '.join(NEEDED)}")
    parser.add_argument("--truth_dir", metavar="DIR", help="folder with the PNGs of the truth")
    parser.add_argument(
        "--prediction_dir", metavar="DIR", help="folder with the PNGs of the predictions, of the same names"
    )
    parser.add_argument("--num_classes", type=int, metavar="N", help="semantic_png: class ids are 0..N-1")
    parser.add_argument(
        "--void", type=int, metavar="VALUE", help="semantic_png: truth pixels that do not count; default 255"
    )
    parser.add_argument("--truth_json", metavar="FILE", help="coco_panoptic: annotations of the truth")
    parser.add_argument("--prediction_json", metavar="FILE", help="coco_panoptic: annotations of the predictions")
    parser.add_argument(
        "--panopticapi_compatible",
        action="store_true",
        help="coco_panoptic: only the last crowd segment of a category excuses predictions, as in panopticapi",
    )
    parser.add_argument(
        "--max_pixels", type=int, metavar="N", help="refuse larger images as harmful files (default 178956970)"
    )
    parser.add_argument("--output", metavar="FILE", help="write the JSON to this file too")


def run(arguments: argparse.Namespace) -> None:
    """Prints the scores as JSON on stdout, and nothing else there."""
    missing = [name for name in NEEDED[arguments.format] if getattr(arguments, name) is None]
    if missing:
        raise typed.UsageError(f"--format {arguments.format} needs --{' and --'.join(missing)}.")
    # Numpy and the metrics alone: no TensorFlow.
    from seg_models import image_files, scores, stored_predictions

    if arguments.max_pixels is not None:
        image_files.limit_pixels(arguments.max_pixels)
    if arguments.format == "semantic_png":
        found = stored_predictions.score_semantic_png(
            arguments.truth_dir, arguments.prediction_dir, arguments.num_classes, arguments.void
        )
    else:
        found = stored_predictions.score_coco_panoptic(
            arguments.truth_json,
            arguments.truth_dir,
            arguments.prediction_json,
            arguments.prediction_dir,
            arguments.panopticapi_compatible,
        )
    text = scores.to_json(found)
    if arguments.output:
        image_files.write_atomically(arguments.output, f"{text.rstrip()}\n".encode())
    sys.stdout.write(f"{text.rstrip()}\n")
