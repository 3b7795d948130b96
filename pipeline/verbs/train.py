"""Trains the model of an experiment on records and exports it, without the rest of the pipeline."""

import argparse
import os

from pipeline import arguments as typed

EXAMPLE = "segline train camvid_unet --records records/camvid --output_dir trained/camvid_unet --train.steps 500"
FIELDS = """Any field of the experiment is an option too, by its dotted name, such as `--train.steps 100`;
`segline run EXPERIMENT --show` lists them. OUTPUT_DIR gets model/, checkpoints/ and tensorboard/. Interrupt it at any
time: the same command goes on from the last checkpoint."""


def add_arguments(parser: typed.Parser) -> None:
    """Adds the verb's options."""
    parser.add_argument("experiment", metavar="EXPERIMENT", help="a name that `segline list experiments` gives")
    parser.add_argument("--records", metavar="DIR", required=True, help="folder that `segline convert` wrote")
    parser.add_argument("--output_dir", metavar="DIR", required=True, help="folder for model, checkpoints and curves")


def run(arguments: argparse.Namespace) -> None:
    """Trains and exports."""
    typed.known_experiment(arguments.experiment)
    from pipeline import quiet

    quiet.down()
    experiment = typed.experiment(arguments, arguments.fields)
    from components import checkpoint_key
    from pipeline import code_version
    from seg_models import config, start_weights, train

    if experiment.tune is not None:
        print("tune     left out: `segline run` searches, `segline train` takes the settings as they are")
    settings = config.training_of(experiment)
    start = start_weights.fingerprints([settings])
    key = checkpoint_key.of(config.to_json(settings), code_version.training(experiment), arguments.records, start)
    folders = train.Folders(
        records=arguments.records,
        model=os.path.join(arguments.output_dir, "model"),
        checkpoints=os.path.join(arguments.output_dir, "checkpoints", key),
        tensorboard=os.path.join(arguments.output_dir, "tensorboard"),
    )
    train.train(settings, folders)
    print(f"model    {folders.model}")
    print(f"curves   tensorboard --logdir {folders.tensorboard}")
    print(f"next     segline evaluate --model {folders.model} --records {arguments.records}")
