"""THE pipeline: raw data set -> records -> training -> evaluation -> push. The same here, on Kubeflow and on Vertex.

An experiment with a `tune` section has one step more: before training, a search for better settings.
"""

import dataclasses

from tfx.components.trainer import component as trainer_component
from tfx.components.tuner import component as tuner_component
from tfx.dsl.components.base import base_node
from tfx.dsl.components.common import resolver
from tfx.dsl.input_resolution.strategies import latest_blessed_model_strategy
from tfx.dsl.placeholder import placeholder
from tfx.orchestration import pipeline as tfx_pipeline
from tfx.proto import pusher_pb2
from tfx.types import channel, standard_artifacts

from components import evaluator, example_gen, last_blessed, pusher, trainer, tuner
from pipeline import code_version, deployment, history
from seg_models import config, start_weights, tuning

# What people see of each step that there is, in order. Finding the last blessed model is no step of theirs.
STEPS = {
    "ExampleGen": "records",
    "Tuner": "search for settings",
    "Trainer": "training",
    "Evaluator": "evaluation",
    "Pusher": "push",
}


def create_pipeline(experiment: config.Experiment, where: deployment.Deployment) -> tfx_pipeline.Pipeline:
    """Wires the steps; each gets only the settings that it depends on, so TFX's cache spares it when others change."""
    # Raw data set -> TFRecord shards per split, and a manifest.
    records = example_gen.ExampleGen(
        dataset=config.to_json(experiment.dataset),
        fingerprint=example_gen.fingerprint(experiment.dataset),
        on_error=where.on_error,
        max_pixels=where.max_pixels,
        code=code_version.conversion(experiment),
    ).with_id("ExampleGen")

    # Records -> the best settings that a few short trainings have found, where the experiment asks for it.
    tuned = _tuner(experiment, where, records) if experiment.tune is not None else None

    # Records -> SavedModel.
    learned = _trainer(experiment, where, records, tuned)

    # The model to compare with, where the gate asks for it.
    last = _last_blessed_model(where, learned) if experiment.gate.no_worse_than_last_by is not None else None

    # The SavedModel over the eval records -> metrics, report, blessing.
    judged = evaluator.Evaluator(
        examples=records.outputs["examples"],
        model=learned.outputs["model"],
        settings=config.to_json(experiment.evaluation),
        gate=config.to_json(experiment.gate),
        code=code_version.evaluation(experiment),
        **({"baseline": last.outputs[last_blessed.MODEL]} if last else {}),
    ).with_id("Evaluator")

    # A blessed SavedModel -> a version for TensorFlow Serving.
    filesystem = pusher_pb2.PushDestination.Filesystem(base_directory=where.serving_dir)
    pushed = pusher.Pusher(
        model=learned.outputs["model"],
        model_blessing=judged.outputs["blessing"],
        push_destination=pusher_pb2.PushDestination(filesystem=filesystem),
    ).with_id("Pusher")

    return _pipeline([records, *([tuned] if tuned else []), learned, *([last] if last else []), judged, pushed], where)


def _tuner(
    experiment: config.Experiment, where: deployment.Deployment, records: base_node.BaseNode
) -> tuner_component.Tuner:
    """TFX's Tuner around components/tuner.py."""
    tune = dataclasses.replace(experiment.tune, metric=tuning.metric(experiment))
    node = tuner_component.Tuner(
        examples=records.outputs["examples"],
        tuner_fn=tuner.TUNER_FN,
        custom_config={**_custom_config(experiment, where), tuner.TUNE: config.to_json(tune)},
    ).with_id("Tuner")
    return _on_training_machine(node, where)


def _trainer(
    experiment: config.Experiment,
    where: deployment.Deployment,
    records: base_node.BaseNode,
    tuned: tuner_component.Tuner | None,
) -> trainer_component.Trainer:
    """TFX's Trainer around components/trainer.py."""
    node = trainer_component.Trainer(
        examples=records.outputs["examples"],
        hyperparameters=tuned.outputs["best_hyperparameters"] if tuned else None,
        run_fn=trainer.RUN_FN,
        custom_config=_custom_config(experiment, where),
    )
    return _on_training_machine(node, where)


def _custom_config(experiment: config.Experiment, where: deployment.Deployment) -> dict[str, str]:
    """What TFX hands on to components/trainer.py and tuner.py; its cache sees all of it."""
    return {
        trainer.SETTINGS: config.to_json(config.training_of(experiment)),
        trainer.CODE: code_version.training(experiment),
        trainer.START: _start(experiment, where),
        trainer.CHECKPOINT_DIR: where.checkpoint_dir,
        trainer.TENSORBOARD_DIR: where.tensorboard_dir,
    }


def _on_training_machine(node: base_node.BaseNode, where: deployment.Deployment) -> base_node.BaseNode:
    if where.training_machine:
        node.with_platform_config(deployment.resources(where.training_machine))
    return node


def _start(experiment: config.Experiment, where: deployment.Deployment) -> str:
    """What tells the weights that training starts from. Of other machines' files nothing but their path is known."""
    here = where.orchestrator == deployment.LOCAL
    return start_weights.fingerprints(tuning.considered(experiment)) if here else ""


def _last_blessed_model(where: deployment.Deployment, learned: base_node.BaseNode) -> resolver.Resolver:
    """TFX's Resolver. Kubeflow and Vertex know TFX's own strategy alone, which may find the candidate itself."""
    ours = where.orchestrator == deployment.LOCAL
    return resolver.Resolver(
        strategy_class=(
            last_blessed.LastBlessedModel if ours else latest_blessed_model_strategy.LatestBlessedModelStrategy
        ),
        **{
            last_blessed.MODEL: channel.Channel(type=standard_artifacts.Model),
            last_blessed.BLESSING: channel.Channel(type=standard_artifacts.ModelBlessing),
            **({last_blessed.CANDIDATE: learned.outputs["model"]} if ours else {}),
        },
    ).with_id("LastBlessedModel")


def _pipeline(steps: list[base_node.BaseNode], where: deployment.Deployment) -> tfx_pipeline.Pipeline:
    return tfx_pipeline.Pipeline(
        pipeline_name=where.name,
        pipeline_root=where.pipeline_root,
        components=steps,
        enable_cache=True,
        metadata_connection_config=history.connection(where.metadata_path) if where.metadata_path else None,
        beam_pipeline_args=[*where.beam_flags, *_direct_options(where)],
    )


def _direct_options(where: deployment.Deployment) -> list[placeholder.Placeholder]:
    """Flags whose values the steps read from the environment: TFX's cache must not see them."""
    return [
        f"--{option}=" + placeholder.environment_variable(deployment.variable(option))
        for option in where.direct_options
    ]
