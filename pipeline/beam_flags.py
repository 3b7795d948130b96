"""Beam's own options: which runner, on how many workers. Whatever starts a Beam pipeline takes them from here."""

import argparse
import contextlib
import dataclasses
import io
from typing import TYPE_CHECKING

from pipeline import arguments as typed
from seg_models import overrides, registry

if TYPE_CHECKING:
    import apache_beam as beam
    from apache_beam.options import pipeline_options

# What verbs say of these options under `--help`.
HELP = """Any option of Apache Beam is one too: `--direct_num_workers 1` (default 0, all cores of this machine), or
`--runner` DirectRunner, DaskRunner, PortableRunner, FlinkRunner, SparkRunner or DataflowRunner with its options;
components/README.md has the commands."""
DIRECT, DASK = "DirectRunner", "DaskRunner"
# By the names that Beam's documents give them, as Beam takes them; any other by its dotted name.
RUNNERS = {
    DIRECT: DIRECT,
    DASK: "apache_beam.runners.dask.dask_runner.DaskRunner",
    "DataflowRunner": "DataflowRunner",
    "FlinkRunner": "FlinkRunner",
    "PortableRunner": "PortableRunner",
    "PrismRunner": "PrismRunner",
    "SparkRunner": "SparkRunner",
}


def direct(workers: int) -> dict[str, str]:
    """The options of the direct runner for steps that load TensorFlow: one process, or several; 0: one per core."""
    mode = "in_memory" if workers == 1 else "multi_processing"
    return {"direct_running_mode": mode, "direct_num_workers": str(workers)}


def taken_out(arguments: argparse.Namespace, settings: object) -> list[str]:
    """Takes out of `arguments.fields` what are options of Beam and no fields of `settings`, as flags.

    Raises:
      UsageError: an option is neither.
    """
    own = {field.name for field in dataclasses.fields(settings)}
    others = [(name, value) for name, value in arguments.given if name.split(".")[0] not in own]
    if not others:
        return []
    known = _names()
    for name, _ in others:
        if name not in known:
            every = [*arguments.options, *overrides.fields(settings), *sorted(known)]
            raise typed.UsageError(typed.unknown_option(name, every, arguments.prog))
    arguments.fields = {name: value for name, value in arguments.fields.items() if name.split(".")[0] in own}
    return [f"--{name}={value}" if value else f"--{name}" for name, value in others]


def pipeline(flags: list[str]) -> "beam.Pipeline":
    """An empty pipeline that runs as the flags say; without any, on all cores of this machine.

    Raises:
      UsageError: a flag has a wrong value, the runner is unknown or not installed, or lacks an option.
    """
    import apache_beam as beam
    from apache_beam.options import pipeline_options

    options = _parsed(flags)
    workers = options.view_as(pipeline_options.DirectOptions).direct_num_workers
    if workers < 0:
        raise typed.UsageError(f"`--direct_num_workers` is {workers}; expected 1 or more, or 0 for all cores.")
    asked = options.view_as(pipeline_options.StandardOptions).runner or DIRECT
    if "." not in asked and asked not in RUNNERS:
        raise typed.UsageError(registry.unknown("Beam's runners", asked, RUNNERS))
    if asked == DASK:
        options = _for_dask(flags)
    elif asked == DIRECT and not any(flag.startswith("--direct_num_workers") for flag in flags):
        options.view_as(pipeline_options.DirectOptions).direct_num_workers = 0
    try:
        return beam.Pipeline(runner=RUNNERS.get(asked, asked), options=options)
    except (AttributeError, ImportError, ValueError) as error:
        told = " ".join(str(error).split())
        raise typed.UsageError(f"`--runner {asked}` cannot be used: {told}") from None


def _for_dask(flags: list[str]) -> "pipeline_options.PipelineOptions":
    """Options for Dask's runner, which hands on to Dask all that differs from its default; Dask knows only its own."""
    own = [flag for flag in flags if flag.startswith("--dask_")]
    others = [flag for flag in flags if flag not in own and not flag.startswith("--runner")]
    if others:
        raise typed.UsageError(f"`{others[0]}` says nothing to {DASK}; its options begin with `--dask_`.")
    # Otherwise Beam makes one piece of 128 shards, for one worker.
    parted = any(flag.startswith(("--dask_npartitions", "--dask_partition_size")) for flag in own)
    return _parsed([*own, *([] if parted else ["--dask_partition_size=1"])])


def _names() -> set[str]:
    """The names of all of Beam's options."""
    from apache_beam.options import pipeline_options

    with contextlib.suppress(ImportError):
        # Its options count among the known ones only when it is loaded.
        from apache_beam.runners.dask import dask_runner  # noqa: F401
    parsers: list[argparse.ArgumentParser] = []
    pipeline_options.PipelineOptions([]).get_all_options(add_extra_args_fn=parsers.append)
    return typed.options(parsers[0])


def _parsed(flags: list[str]) -> "pipeline_options.PipelineOptions":
    """Beam's options with the flags' values; they are parsed here and now, not by each part of Beam that asks."""
    from apache_beam.options import pipeline_options

    complaint = io.StringIO()
    try:
        with contextlib.redirect_stderr(complaint):
            options = pipeline_options.PipelineOptions(flags)
            options.get_all_options()
    except SystemExit:
        raise typed.UsageError(complaint.getvalue().strip().rpartition("error: ")[2] + ".") from None
    return options
