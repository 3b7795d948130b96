"""What ML Metadata remembers of the latest run: which steps were cached, and where their outputs are."""

import dataclasses
from collections.abc import Mapping

from ml_metadata.proto import metadata_store_pb2
from tfx.orchestration import metadata

RUN_CONTEXT, NODE_CONTEXT = "pipeline_run", "node"


@dataclasses.dataclass(frozen=True)
class Execution:
    """One step of a run.

    Attributes:
      cached: its outputs are an earlier run's.
      outputs: name of the output -> its artifact.
    """

    cached: bool
    outputs: Mapping[str, metadata_store_pb2.Artifact]


def connection(path: str) -> metadata_store_pb2.ConnectionConfig:
    """The configuration of a SQLite metadata store."""
    return metadata.sqlite_metadata_connection_config(path)


def latest(config: metadata_store_pb2.ConnectionConfig) -> dict[str, Execution]:
    """The steps of the latest run that have succeeded so far: id of the node -> Execution."""
    with metadata.Metadata(config) as handle:
        store = handle.store
        runs = store.get_contexts_by_type(RUN_CONTEXT)
        if not runs:
            return {}
        executions = store.get_executions_by_context(max(run.id for run in runs))
        found = {}
        for execution in executions:
            state = execution.last_known_state
            if state in (metadata_store_pb2.Execution.COMPLETE, metadata_store_pb2.Execution.CACHED):
                cached = state == metadata_store_pb2.Execution.CACHED
                found[_node(store, execution.id)] = Execution(cached, _outputs(store, execution.id))
        return found


def _node(store: metadata.Metadata, execution: int) -> str:
    """The id of the node that an execution belongs to; its context is named `<pipeline>.<node>`."""
    contexts = store.get_contexts_by_execution(execution)
    return next(context.name.rpartition(".")[2] for context in contexts if context.type == NODE_CONTEXT)


def _outputs(store: metadata.Metadata, execution: int) -> dict[str, metadata_store_pb2.Artifact]:
    events = store.get_events_by_execution_ids([execution])
    names = {
        event.artifact_id: event.path.steps[0].key
        for event in events
        if event.type == metadata_store_pb2.Event.OUTPUT and event.path.steps
    }
    return {names[artifact.id]: artifact for artifact in store.get_artifacts_by_id(list(names))}
