"""The search for settings as TFX's own Tuner: `tuner_fn` gives a Keras Tuner whose trials are short trainings."""

import logging
import math
import shutil
import sys

import keras
import keras_tuner
import tensorflow as tf
from keras_tuner.engine import base_tuner
from keras_tuner.engine import trial as trials
from tfx.components.trainer import fn_args_utils
from tfx.components.tuner import component

from components import checkpoint_key, hyperparameters, storage, trainer
from seg_models import config, errors, manifest, scores, start_weights, strategy, train, tuning
from seg_models.callbacks import score

log = logging.getLogger("segline")

TUNER_FN = f"{__name__}.tuner_fn"

# A key of TFX's `custom_config` beside those of components/trainer.py.
TUNE = "tune"

# What Hyperband calls epochs: shares of the longest trial, which 9 of them make; brackets start with 1, 3 and 9.
UNITS, FACTOR = 9, 3
EPOCHS = "tuner/epochs"
WORST = -sys.float_info.max  # what a trial that failed scores there


class Hyperband(keras_tuner.oracles.HyperbandOracle):
    """Hyperband in whose brackets a failed trial is the worst; Keras Tuner leaves a bracket with one unfinished."""

    def score_trial(self, trial: trials.Trial) -> None:
        """Gives a trial that has ended its score; Keras Tuner calls this."""
        super().score_trial(trial)
        if math.isnan(trial.score):
            trial.score = WORST

    def get_best_trials(self, num_trials: int | None = 1) -> list[trials.Trial]:
        """The best trials, without failed ones; None, which TFX asks for: all."""
        best = super().get_best_trials(len(self.trials))
        return [trial for trial in best if trial.score is not None and trial.score > WORST][:num_trials]


ORACLES = {
    "random": keras_tuner.oracles.RandomSearchOracle,
    "bayesian": keras_tuner.oracles.BayesianOptimizationOracle,
    "hyperband": Hyperband,
}


def tuner_fn(fn_args: fn_args_utils.FnArgs) -> component.TunerFnResult:
    """A search on the records of the Examples artifact; an interrupted one goes on with the trial it was in."""
    given = fn_args.custom_config
    settings, tune = config.from_json(given[trainer.SETTINGS]), config.from_json(given[TUNE])
    records_dir = trainer.records_dir(fn_args.train_files)
    start = start_weights.fingerprints([settings, *tuning.variants(settings, tune)])
    key = checkpoint_key.of(given[trainer.SETTINGS] + given[TUNE], given[trainer.CODE], records_dir, start)
    search = Search(
        settings,
        tune,
        records_dir=records_dir,
        directory=storage.join(given[trainer.CHECKPOINT_DIR], f"tune-{key}"),
        tensorboard=storage.join(given[trainer.TENSORBOARD_DIR], f"tune-{key}"),
    )
    return component.TunerFnResult(tuner=search, fit_kwargs={"verbose": 0})


class Search(base_tuner.BaseTuner):
    """Tries settings: each trial trains for a share of the steps, and is judged as the model will be.

    Args:
      settings: what the space's fields are replaced in.
      tune: the space, how it is searched, and the metric.
      records_dir: with train and eval split.
      directory: of the search alone; another search of the same settings on the same records goes on there.
      tensorboard: gets the curves of each trial.
    """

    def __init__(
        self, settings: config.Training, tune: config.Tune, *, records_dir: str, directory: str, tensorboard: str
    ) -> None:
        self._settings = settings
        self._tune = tune
        self._records_dir = records_dir
        self._tensorboard = tensorboard
        super().__init__(oracle=_oracle(tune), directory=directory, project_name="trials")

    def run_trial(self, trial: trials.Trial, verbose: int) -> dict[str, float]:
        """{metric: score}, of a training with the trial's settings; NaN where it failed. Keras Tuner calls this."""
        values = hyperparameters.fields(trial.hyperparameters)
        share = self._tune.share * trial.hyperparameters.values.get(EPOCHS, UNITS) / UNITS
        folder = storage.join(self.get_trial_dir(trial.trial_id), "training")
        try:
            settings = tuning.shortened(tuning.apply(self._settings, values), share)
            found = self._score(settings, folder, storage.join(self._tensorboard, trial.trial_id))
        except (errors.UserError, tf.errors.ResourceExhaustedError) as error:
            # A loss that is no number, for one: these settings are no good, others may be.
            log.warning("Trial %s (%s) failed: %s", trial.trial_id, hyperparameters.listed(values), error)
            found = math.nan
        except Exception as error:
            raise keras_tuner.errors.FatalError(f"trial {trial.trial_id}: {error}") from error
        else:
            log.info("Trial %s (%s): %s %.4f", trial.trial_id, hyperparameters.listed(values), self._tune.metric, found)
        shutil.rmtree(folder, ignore_errors=True)
        return {self._tune.metric: found}

    def on_search_end(self) -> None:
        """Marks the folder as done with; Keras Tuner calls this.

        Raises:
          UserError: no trial came to a score.
        """
        if not self._best(1):
            raise errors.UserError(
                f"None of the {len(self.oracle.trials)} trials of `tune.space` came to a score; the warnings say why."
            )
        storage.write(storage.join(self.directory, trainer.FINISHED), b"")

    def search_space_summary(self, extended: bool = False) -> None:
        """Says what is searched; TFX calls this."""
        log.info("Searched: %s", ", ".join(f"{field} {text}" for field, text in self._tune.space))

    def results_summary(self, num_trials: int = 10) -> None:
        """Says which trials were best; TFX calls this."""
        for trial in self._best(num_trials):
            values = hyperparameters.fields(trial.hyperparameters)
            log.info("%s %.4f: %s", self._tune.metric, trial.score, hyperparameters.listed(values))

    def _best(self, most: int) -> list[trials.Trial]:
        """The best trials; Keras Tuner fills its list up with failed ones."""
        best = self.oracle.get_best_trials(most)
        return [trial for trial in best if trial.status == trials.TrialStatus.COMPLETED]

    def _score(self, settings: config.Training, folder: str, tensorboard: str) -> float:
        keras.backend.clear_session()
        folders = train.Folders(self._records_dir, model="", checkpoints=folder, tensorboard=tensorboard)
        shards = manifest.shards(self._records_dir, settings.evaluation.split)
        try:
            learning = train.fit(settings, folders, strategy.choose())
            with learning.judged_weights():
                state = score.judge(learning, settings, shards)()
        finally:
            keras.mixed_precision.set_global_policy("float32")
        found = scores.lookup(state.result(), self._tune.metric)
        if math.isnan(found):
            raise errors.UserError(f"`{self._tune.metric}` is undefined for this model on these records.")
        return found


def _oracle(tune: config.Tune) -> keras_tuner.Oracle:
    """The algorithm, on a space that is known from the start; failed trials do not end it."""
    # A trial that Hyperband prolongs is trained anew: the learning rate falls over the whole of a run.
    size = {"max_epochs": UNITS, "factor": FACTOR} if tune.algorithm == "hyperband" else {"max_trials": tune.trials}
    try:
        return ORACLES[tune.algorithm](
            objective=keras_tuner.Objective(tune.metric, direction="max"),
            hyperparameters=hyperparameters.space(tune),
            allow_new_entries=False,
            tune_new_entries=False,
            seed=tune.seed + 1,  # to Keras Tuner 0 is no seed
            max_consecutive_failed_trials=sys.maxsize,
            **size,
        )
    except ImportError as error:
        raise errors.UserError(f"`tune.algorithm` {tune.algorithm}: {error} (pip install 'segline[tune]')") from None
