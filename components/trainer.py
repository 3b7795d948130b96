"""Training as TFX's own Trainer: `run_fn` decodes the settings and calls seg_models.train."""

import os

from tfx.components.trainer import fn_args_utils

from components import checkpoint_key, hyperparameters, storage
from seg_models import config, start_weights, train

RUN_FN = f"{__name__}.run_fn"

# Marks a folder of checkpoints whose training has been exported; nobody needs them once the export is registered.
FINISHED = "finished"

# The keys of TFX's `custom_config`.
SETTINGS = "settings"
CODE = "code"
START = "start"  # tells the weights that training starts from; only the cache looks at it
CHECKPOINT_DIR = "checkpoint_dir"
TENSORBOARD_DIR = "tensorboard_dir"


def run_fn(fn_args: fn_args_utils.FnArgs) -> None:
    """Trains on the records of the Examples artifact and exports to `fn_args.serving_model_dir`.

    Where settings were searched for (components/tuner.py), with those that were found best.
    """
    given = fn_args.custom_config
    settings = config.from_json(given[SETTINGS])
    if fn_args.hyperparameters:
        settings = hyperparameters.applied(settings, fn_args.hyperparameters)
    folder = records_dir(fn_args.train_files)
    start = start_weights.fingerprints([settings])
    key = checkpoint_key.of(config.to_json(settings), given[CODE], folder, start)
    folders = train.Folders(
        records=folder,
        model=fn_args.serving_model_dir,
        checkpoints=os.path.join(given[CHECKPOINT_DIR], key),
        # Curves of different trainings get names of their own; an interrupted one goes on under its name.
        tensorboard=os.path.join(given[TENSORBOARD_DIR], key),
    )
    train.train(settings, folders)
    storage.write(storage.join(folders.checkpoints, FINISHED), b"")


def records_dir(file_patterns: list[str]) -> str:
    """The folder above the splits of an Examples artifact; TFX names the files `<uri>/Split-train/*`."""
    return os.path.dirname(os.path.dirname(file_patterns[0]))
