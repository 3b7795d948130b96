"""Reading the latest run back from ML Metadata, written by hand."""

from pathlib import Path

import ml_metadata as mlmd
import pytest
from ml_metadata.proto import metadata_store_pb2 as proto

from pipeline import history

COMPLETE, CACHED, RUNNING = proto.Execution.COMPLETE, proto.Execution.CACHED, proto.Execution.RUNNING


class Store:
    """A metadata store with the types that TFX registers."""

    def __init__(self, path: Path) -> None:
        self.config = history.connection(str(path))
        self._store = mlmd.MetadataStore(self.config)
        self._run_type = self._store.put_context_type(proto.ContextType(name=history.RUN_CONTEXT))
        self._node_type = self._store.put_context_type(proto.ContextType(name=history.NODE_CONTEXT))
        self._execution_type = self._store.put_execution_type(proto.ExecutionType(name="step"))
        self._artifact_type = self._store.put_artifact_type(proto.ArtifactType(name="Examples"))
        self._nodes: dict[str, int] = {}

    def run(self, name: str, steps: dict[str, tuple[int, str]]) -> None:
        """Writes a run: node -> (state, uri of its output `examples`)."""
        run = self._store.put_contexts([proto.Context(type_id=self._run_type, name=name)])[0]
        for node, (state, uri) in steps.items():
            if node not in self._nodes:
                context = proto.Context(type_id=self._node_type, name=f"segline-x.{node}")
                self._nodes[node] = self._store.put_contexts([context])[0]
            execution = proto.Execution(type_id=self._execution_type, last_known_state=state)
            number = self._store.put_executions([execution])[0]
            artifact = self._store.put_artifacts([proto.Artifact(type_id=self._artifact_type, uri=uri)])[0]
            event = proto.Event(artifact_id=artifact, execution_id=number, type=proto.Event.OUTPUT)
            event.path.steps.add(key="examples")
            self._store.put_events([event])
            contexts = [proto.Association(execution_id=number, context_id=each) for each in (run, self._nodes[node])]
            self._store.put_attributions_and_associations([], contexts)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty store."""
    return Store(tmp_path / "metadata.sqlite")


def test_the_latest_run_counts(store: Store) -> None:
    store.run("monday", {"ExampleGen": (COMPLETE, "old"), "Trainer": (COMPLETE, "old")})
    store.run("tuesday", {"ExampleGen": (CACHED, "same"), "Trainer": (COMPLETE, "new")})
    found = history.latest(store.config)
    assert {name: (each.cached, each.outputs["examples"].uri) for name, each in found.items()} == {
        "ExampleGen": (True, "same"),
        "Trainer": (False, "new"),
    }


def test_what_a_kill_left_running_is_not_taken_for_done(store: Store) -> None:
    store.run("monday", {"ExampleGen": (COMPLETE, "old"), "Trainer": (RUNNING, "half")})
    assert list(history.latest(store.config)) == ["ExampleGen"]


def test_no_run_is_no_history(store: Store) -> None:
    assert history.latest(store.config) == {}
