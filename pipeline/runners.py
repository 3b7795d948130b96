"""Runs the pipeline on this machine, or compiles it for Kubeflow and Vertex."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from pipeline import deployment, history, pipeline, publish, steps
from seg_models import config, dataset, errors, gate, listing, scores, tuning


def run_here(experiment: config.Experiment, where: deployment.Deployment) -> publish.Outcome:
    """Runs every step that is not cached and publishes the results under the deployment's root.

    An interrupted run leaves executions without end in ML Metadata and half-written artifacts that nothing points to;
    the next run takes only finished ones from the cache.

    Raises:
      UserError: the user's mistake, wherever in the pipeline it came to light.
    """
    check(experiment)
    with only_run(where.root):
        os.environ.update({deployment.variable(option): value for option, value in where.direct_options.items()})
        steps.run(pipeline.create_pipeline(experiment, where))
        return publish.publish(history.latest(history.connection(where.metadata_path)), where)


def compile_to(path: str, experiment: config.Experiment, where: deployment.Deployment) -> str:
    """Writes the pipeline as a job that Kubeflow Pipelines 2 (.yaml) or Vertex (.json) takes; returns the path.

    Raises:
      UserError: the extra `kubeflow` is not installed, the deployment has no image, or the experiment asks for what
        would fail in the cluster.
    """
    if not where.image:
        raise errors.UserError("`image` is empty; every step runs in a container with this package installed.")
    check(experiment)
    try:
        from tfx.orchestration.kubeflow.v2 import kubeflow_v2_dag_runner
    except ImportError as error:
        raise errors.UserError(f"{error}. Compiling needs Kubeflow's SDK: pip install 'segline[kubeflow]'.") from None
    runner = kubeflow_v2_dag_runner.KubeflowV2DagRunner(
        config=kubeflow_v2_dag_runner.KubeflowV2DagRunnerConfig(
            default_image=where.image, use_pipeline_spec_2_1=where.orchestrator == deployment.KUBEFLOW
        ),
        output_dir=os.path.dirname(os.path.abspath(path)),
        output_filename=os.path.basename(path),
    )
    runner.run(pipeline.create_pipeline(experiment, where))
    return path


def check(experiment: config.Experiment) -> None:
    """Raises UserError for what would fail only after hours: a score that is asked for and that no metric gives."""
    info = dataset.info_of(listing.module_of(experiment.dataset), experiment.dataset)
    possible = gate.possible_scores(info, experiment.evaluation)
    gate.check(experiment.gate, possible)
    if experiment.tune is not None:
        scores.lookup(possible, tuning.metric(experiment))
        tuning.variants(config.training_of(experiment), experiment.tune)


@contextlib.contextmanager
def only_run(root: str) -> Iterator[None]:
    """Holds the root's lock; the system releases it when the process ends, in whatever way.

    Raises:
      UserError: another run holds it.
    """
    path = Path(root) / "tfx" / "run.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = f"another run (process {file.read().strip()})"
            raise errors.UserError(
                f"{root}: {holder} is at work there. Wait for it, or choose another --root."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
