"""Runs a whole experiment here: records, training, evaluation, push. What is done already is not done again."""

import argparse
import dataclasses
import os
import time

from pipeline import arguments as typed

EXAMPLE = "segline run camvid_unet --data_dir ../camvid --train.steps 500 --input.batch_size 4"
FIELDS = """Any field of the experiment is an option too, by its dotted name, such as `--train.steps 100` or
`--model unet`; `segline run EXPERIMENT --show` lists them. The results are in ROOT: metrics.json, report.html,
records/, serving/, tensorboard/. Interrupt it at any time: the same command goes on from where it stopped."""


def add_arguments(parser: typed.Parser) -> None:
    """Adds the verb's options."""
    parser.add_argument("experiment", metavar="EXPERIMENT", help="a name that `segline list experiments` gives")
    parser.add_argument("--root", metavar="DIR", help="folder for all results; default runs/EXPERIMENT")
    parser.add_argument("--data_dir", metavar="DIR", help="folder of the raw data set; short for --dataset.data_dir")
    parser.add_argument(
        "--on_error",
        type=typed.one_of("the ways", ("fail", "skip")),
        metavar="WAY",
        default="fail",
        help="what to do at a broken item of the data set: fail, or skip and list it (default fail)",
    )
    parser.add_argument(
        "--max_pixels", type=int, metavar="N", help="refuse larger images as harmful files (default 178956970)"
    )
    parser.add_argument(
        "--workers",
        type=int,
        default=1,
        metavar="N",
        help="processes of conversion and evaluation, 0 for all cores; default 1",
    )
    parser.add_argument("--show", action="store_true", help="print every field of the experiment, and do nothing else")


def run(arguments: argparse.Namespace) -> None:
    """Runs the experiment and prints a summary."""
    from pipeline import quiet

    started = time.monotonic()
    quiet.down()
    fields = dict(arguments.fields)
    if arguments.data_dir is not None:
        fields["dataset.data_dir"] = typed.folder(arguments.data_dir)
    if arguments.show:
        _show(typed.experiment(arguments, fields))
        return
    root = arguments.root or os.path.join("runs", arguments.experiment)
    typed.known_experiment(arguments.experiment)
    print(f"{arguments.experiment} -> {root} (loading TensorFlow and TFX takes a while)", flush=True)
    experiment = typed.experiment(arguments, fields)
    # 15 s: only now, when the command is known to be right.
    from pipeline import deployment, runners, steps, summary

    where = deployment.local(root, arguments.experiment, workers=arguments.workers, on_error=arguments.on_error)
    if arguments.max_pixels is not None:
        where = dataclasses.replace(where, max_pixels=arguments.max_pixels)
    outcome = runners.run_here(experiment, where)
    print(f"\nfinished in {steps.duration(time.monotonic() - started)}")
    for line in summary.lines(outcome, where):
        print(line)


def _show(experiment: object) -> None:
    from seg_models import overrides

    for name, value in overrides.fields(experiment).items():
        print(f"--{name} {value}")
