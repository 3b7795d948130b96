"""Steps that say what they do: the nodes of the Beam orchestrator, announced with their number, time and outcome."""

import time

from tfx.orchestration import pipeline as tfx_pipeline
from tfx.orchestration.beam import beam_dag_runner

from pipeline import failures, history, pipeline

# The ids of the nodes that people see, in order.
_shown: list[str] = []
# A node fails inside a Beam worker, which passes its exception on as text; the exception itself is kept here.
_failed: list[Exception] = []


def run(made: tfx_pipeline.Pipeline) -> None:
    """Runs all steps of the pipeline in this process.

    Raises:
      UserError: the user's mistake, wherever in the pipeline it came to light.
    """
    _failed.clear()
    ids = {node.id for node in made.components}
    _shown[:] = [name for name in pipeline.STEPS if name in ids]
    error: Exception | None = None
    try:
        Runner().run(made)
    except Exception as wrapped:
        error = _failed[0] if _failed else wrapped
    # Raised here, outside the handler, so that Beam's account of the same failure is not shown with it.
    if error:
        raise failures.user_error(error) or error


class Step(beam_dag_runner.PipelineNodeAsDoFn):
    """One node of the pipeline; it runs in this process."""

    def _run_node(self) -> None:
        if self._node_id not in _shown:
            super()._run_node()
            return
        label = f"[{_shown.index(self._node_id) + 1}/{len(_shown)}] {pipeline.STEPS[self._node_id]}"
        print(label, flush=True)
        start = time.monotonic()
        try:
            super()._run_node()
        except Exception as error:
            _failed.append(error)
            print(f"{label}: failed after {duration(time.monotonic() - start)}", flush=True)
            raise
        execution = history.latest(self._mlmd_connection_config).get(self._node_id)
        # TFX passes over a step whose inputs cannot be found, and calls that a success.
        if execution is None:
            raise RuntimeError(f"{label}: did not run; its inputs could not be found in ML Metadata.")
        spent = (
            "unchanged, taken from the cache" if execution.cached else f"done in {duration(time.monotonic() - start)}"
        )
        print(f"{label}: {spent}", flush=True)


class Runner(beam_dag_runner.BeamDagRunner):
    """TFX's Beam orchestrator with announced steps."""

    _PIPELINE_NODE_DO_FN_CLS = Step


def duration(seconds: float) -> str:
    """Seconds for people: 0.4 s, 12 s, 3 min 20 s."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{int(seconds) // 60} min {int(seconds) % 60} s"
