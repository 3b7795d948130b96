"""The one rule: beam_runner.py -> pipeline/ -> components/ -> seg_models/; and what must be light stays light."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import conftest

# Each layer may import the ones after it.
LAYERS = ("beam_runner", "pipeline", "components", "seg_models")
ORCHESTRATORS = ("tfx.orchestration", "kfp", "google.cloud", "kubernetes")
LIGHT = (
    "seg_models.browse.page",
    "seg_models.browse.pictures",
    "seg_models.browse.scan",
    "seg_models.config",
    "seg_models.dataset",
    "seg_models.datasets.camvid",
    "seg_models.datasets.folder",
    "seg_models.datasets.tfds",
    "seg_models.datasets.toy_streets",
    "seg_models.errors",
    "seg_models.gate",
    "seg_models.image_files",
    "seg_models.inspection",
    "seg_models.listing",
    "seg_models.manifest",
    "seg_models.metric",
    "seg_models.metrics.confusion_matrix",
    "seg_models.metrics.panoptic_quality",
    "seg_models.overrides",
    "seg_models.record_comparison",
    "seg_models.record_files",
    "seg_models.records",
    "seg_models.registry",
    "seg_models.scores",
    "seg_models.stored_predictions",
    "seg_models.truth_checks",
    "seg_models.visualize",
    "components.browsing",
    "components.conversion",
    "components.verification",
)


def sources() -> Iterator[tuple[str, Path]]:
    """(layer, file) of all source files."""
    for layer in LAYERS:
        single = conftest.ROOT / f"{layer}.py"
        yield from (
            (layer, path) for path in ([single] if single.exists() else sorted((conftest.ROOT / layer).rglob("*.py")))
        )


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of every import in a file, those inside functions too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}:{node.lineno}: a relative import; name the package"
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def is_of(name: str, package: str) -> bool:
    """Whether a dotted name is the package or in it."""
    return f"{name}.".startswith(f"{package}.")


def violations(forbidden: dict[str, tuple[str, ...]]) -> list[str]:
    """Imports that a layer must not have: {layer: packages}."""
    return [
        f"{path.relative_to(conftest.ROOT)}:{line} imports {name}"
        for layer, path in sources()
        for line, name in imported(path)
        if any(is_of(name, package) for package in forbidden[layer])
    ]


def test_no_import_goes_back() -> None:
    assert not violations({layer: LAYERS[:index] for index, layer in enumerate(LAYERS)})


def test_segmentation_knows_neither_tfx_nor_beam() -> None:
    assert not violations({**dict.fromkeys(LAYERS, ()), "seg_models": ("tfx", "apache_beam", "ml_metadata", "kfp")})


def test_only_the_pipeline_knows_orchestrators() -> None:
    assert not violations({**dict.fromkeys(LAYERS, ()), "components": ORCHESTRATORS, "seg_models": ORCHESTRATORS})


@pytest.mark.parametrize("folder", ["datasets", "metrics"])
def test_data_sets_and_metrics_import_no_tensorflow(folder: str) -> None:
    files = sorted((conftest.ROOT / "seg_models" / folder).rglob("*.py"))
    assert files
    heavy = ("tensorflow", "keras", "tensorflow_addons")
    assert not [
        (path.name, name) for path in files for _, name in imported(path) if any(is_of(name, each) for each in heavy)
    ]


def test_light_modules_load_nothing_heavy() -> None:
    """In a fresh process, because this one has loaded everything."""
    program = f"""
import importlib, sys
for name in {LIGHT!r}:
    importlib.import_module(name)
    heavy = {{"tensorflow", "keras", "tfx", "ml_metadata"}} & set(sys.modules)
    assert not heavy, f"{{name}} loads {{heavy}}"
"""
    ended = subprocess.run([sys.executable, "-c", program], cwd=conftest.ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr


def test_there_is_no_drawer_for_odds_and_ends() -> None:
    assert not [path for _, path in sources() if path.stem in ("utils", "common", "helpers", "misc")]
