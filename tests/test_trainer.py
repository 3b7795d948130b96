"""run_fn: TFX's arguments become one typed call."""

from pathlib import Path

import pytest
from tfx.components.trainer import fn_args_utils

from components import checkpoint_key, hyperparameters, trainer
from seg_models import config, manifest, train
from seg_models.models import unet
from seg_models.optimizers import sgd
from seg_models.schedules import polynomial
from tests import tiny_evaluation


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[tuple[config.Training, train.Folders]]:
    """The calls of train.train, which is tested by itself."""
    calls: list[tuple[config.Training, train.Folders]] = []
    monkeypatch.setattr(train, "train", lambda settings, folders: calls.append((settings, folders)))
    return calls


def test_run_fn_decodes_settings_and_folders(
    called: list[tuple[config.Training, train.Folders]], tmp_path: Path
) -> None:
    tiny_evaluation.write_records(tmp_path / "examples", [[]])
    learning = config.Train(steps=3, optimizer=sgd.Config(), schedule=polynomial.Config())
    settings = config.Training(unet.Config(depth=2), config.Input((8, 8)), learning, config.Evaluation(), "pq")
    encoded = config.to_json(settings)
    custom_config = {
        trainer.SETTINGS: encoded,
        trainer.CODE: "c0de",
        trainer.CHECKPOINT_DIR: str(tmp_path / "checkpoints"),
        trainer.TENSORBOARD_DIR: str(tmp_path / "tensorboard"),
    }
    patterns = [f"{tmp_path}/examples/{manifest.split_folder('train')}/*"]
    trainer.run_fn(
        fn_args_utils.FnArgs(
            train_files=patterns, serving_model_dir=str(tmp_path / "model"), custom_config=custom_config
        )
    )
    key = checkpoint_key.of(encoded, "c0de", str(tmp_path / "examples"))
    folders = train.Folders(
        records=str(tmp_path / "examples"),
        model=str(tmp_path / "model"),
        checkpoints=str(tmp_path / "checkpoints" / key),
        tensorboard=str(tmp_path / "tensorboard" / key),
    )
    assert called == [(settings, folders)]
    assert (tmp_path / "checkpoints" / key / trainer.FINISHED).exists()


def test_settings_that_a_search_has_found_are_trained_with(
    called: list[tuple[config.Training, train.Folders]], tmp_path: Path
) -> None:
    tiny_evaluation.write_records(tmp_path / "examples", [[]])
    learning = config.Train(steps=3, optimizer=sgd.Config(), schedule=polynomial.Config())
    settings = config.Training(unet.Config(depth=2), config.Input((8, 8)), learning, config.Evaluation(), "pq")
    tune = config.Tune(space=(("train.learning_rate", "1e-4..1e-2 log"), ("model.depth", "2|3")))
    found = hyperparameters.space(tune)
    found.values = {"train.learning_rate": 0.002, "model.depth": "3", "tuner/epochs": 9}
    trainer.run_fn(
        fn_args_utils.FnArgs(
            train_files=[f"{tmp_path}/examples/{manifest.split_folder('train')}/*"],
            serving_model_dir=str(tmp_path / "model"),
            custom_config={
                trainer.SETTINGS: config.to_json(settings),
                trainer.CODE: "c0de",
                trainer.CHECKPOINT_DIR: str(tmp_path / "checkpoints"),
                trainer.TENSORBOARD_DIR: str(tmp_path / "tensorboard"),
            },
            hyperparameters=found.get_config(),
        )
    )
    trained, folders = called[0]
    assert (trained.train.learning_rate, trained.model.depth) == (0.002, 3)
    key = checkpoint_key.of(config.to_json(trained), "c0de", str(tmp_path / "examples"))
    assert folders.checkpoints == str(tmp_path / "checkpoints" / key)


def test_run_fn_is_found_by_its_dotted_name() -> None:
    module, _, name = trainer.RUN_FN.rpartition(".")
    assert (module, name) == (trainer.__name__, trainer.run_fn.__name__)
