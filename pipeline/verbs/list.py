"""Lists what can be chosen by name: experiments, data sets, models and the parts they are made of."""

import argparse

from pipeline import arguments as typed
from pipeline import docstrings
from seg_models import registry

EXAMPLE = "segline list models"
FIELDS = ""
KINDS = {
    "experiments": "pipeline.experiments",
    "datasets": "seg_models.datasets",
    "models": "seg_models.models",
    "backbones": "seg_models.backbones",
    "losses": "seg_models.losses",
    "metrics": "seg_models.metrics",
    "augment": "seg_models.augment",
    "optimizers": "seg_models.optimizers",
    "schedules": "seg_models.schedules",
}


def add_arguments(parser: typed.Parser) -> None:
    """Adds the verb's options."""
    parser.add_argument("kind", nargs="?", help=f"one of {', '.join(KINDS)}; all when left out")


def run(arguments: argparse.Namespace) -> None:
    """Prints names and first docstring lines."""
    if arguments.kind and arguments.kind not in KINDS:
        raise typed.UsageError(registry.unknown("the kinds", arguments.kind, KINDS))
    for kind in [arguments.kind] if arguments.kind else KINDS:
        lines = docstrings.first_lines(KINDS[kind])
        width = max((len(name) for name in lines), default=0) + 2
        indent = "" if arguments.kind else "  "
        if not arguments.kind:
            print(f"{kind}:")
        for name, line in lines.items():
            print(f"{indent}{name:<{width}}{line}")
