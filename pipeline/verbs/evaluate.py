"""Judges an exported model over records: prints the scores as JSON, and writes the report where asked."""

import argparse
import glob
import os
import sys

from pipeline import arguments as typed
from seg_models import versions

EXAMPLE = "segline evaluate --model runs/camvid_unet/serving --records runs/camvid_unet/records --output_dir judged"
FIELDS = "Any field of the evaluation is an option too, such as `--metrics confusion_matrix` or `--gallery 8`."


def add_arguments(parser: typed.Parser) -> None:
    """Adds the verb's options."""
    parser.add_argument(
        "--model", metavar="DIR", required=True, help="exported model, or a folder of versions: the newest"
    )
    parser.add_argument(
        "--records",
        metavar="GLOB",
        nargs="+",
        required=True,
        help="record files, or the folder that `segline convert` wrote: its eval split, or --split",
    )
    parser.add_argument("--output_dir", metavar="DIR", help="folder for metrics.json and report.html")


def run(arguments: argparse.Namespace) -> None:
    """Evaluates in this process; on Beam it is a step of `segline run`."""
    from seg_models import config

    settings = typed.replaced(config.Evaluation(), arguments.fields, arguments)
    from pipeline import quiet

    quiet.down()
    from seg_models import evaluate, image_files, scores
    from seg_models.report import page

    model_dir = versions.newest(arguments.model)
    state = evaluate.run(model_dir, _shards(arguments.records, settings.split), settings)
    if arguments.output_dir:
        for name, content in page.files(evaluate.findings_of(state, None, model_dir)).items():
            image_files.write_atomically(os.path.join(arguments.output_dir, name), content)
        print(f"report in {os.path.join(arguments.output_dir, page.PAGE)}", file=sys.stderr)
    sys.stdout.write(f"{scores.to_json(state.result()).rstrip()}\n")


def _shards(patterns: list[str], split: str) -> list[str]:
    """The record files that folders and patterns stand for."""
    from seg_models import errors, manifest

    found = []
    for pattern in patterns:
        matched = manifest.shards(pattern, split) if os.path.isdir(pattern) else sorted(glob.glob(pattern))
        if not matched:
            raise errors.UserError(
                f"{pattern}: no such record file. `segline convert` writes them as DIR/Split-eval/*.tfrecord."
            )
        found.extend(matched)
    return found
