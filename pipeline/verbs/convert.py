"""Converts a raw data set to records: TFRecord shards per split, and a manifest."""

import argparse

from pipeline import arguments as typed

EXAMPLE = "segline convert camvid --data_dir ../camvid --output_dir records/camvid --direct_num_workers 4"
FIELDS = "Any field of the data set's Config is an option too, such as `--seed 1`; `--show` lists them."


def add_arguments(parser: typed.Parser) -> None:
    """Adds the verb's options."""
    parser.add_argument("dataset", metavar="DATASET", help="a name that `segline list datasets` gives")
    parser.add_argument("--data_dir", metavar="DIR", help="folder of the raw data set")
    parser.add_argument(
        "--output_dir", metavar="DIR", help="folder for the records; what it holds of an earlier conversion goes"
    )
    parser.add_argument(
        "--on_error",
        type=typed.one_of("the ways", ("fail", "skip")),
        metavar="WAY",
        default="fail",
        help="what to do at a broken item: fail, or skip and list it in the manifest (default fail)",
    )
    parser.add_argument(
        "--direct_num_workers", type=int, default=1, metavar="N", help="processes; 0: one per core (default 1)"
    )
    parser.add_argument(
        "--show", action="store_true", help="print every field of the data set's Config, and do nothing else"
    )


def run(arguments: argparse.Namespace) -> None:
    """Converts the data set and prints what was written."""
    from seg_models import overrides

    settings = _settings(arguments)
    if arguments.show:
        for name, value in overrides.fields(settings).items():
            print(f"--{name} {value}")
        return
    if not arguments.output_dir:
        raise typed.UsageError("--output_dir is missing: the folder for the records.")
    from pipeline import deployment, failures, quiet

    quiet.down()
    import apache_beam as beam
    from apache_beam.options import pipeline_options
    from components import conversion, shard_writer

    where = deployment.local(arguments.output_dir, arguments.dataset, workers=arguments.direct_num_workers)
    flags = [*where.beam_flags, *(f"--{option}={value}" for option, value in where.direct_options.items())]
    pipeline = beam.Pipeline(options=pipeline_options.PipelineOptions(flags))
    try:
        written = conversion.convert(
            settings, where.root, pipeline, conversion.Settings(shard_writer.Rules(arguments.on_error))
        )
    except Exception as error:
        raise failures.user_error(error) or error from None
    for name, split in written.splits.items():
        skipped = f", {len(split.skipped)} skipped" if split.skipped else ""
        print(f"{name}: {split.records} images in {len(split.shards)} files{skipped}")
    print(f"records in {deployment.shown(where.root)}; they are listed in its manifest.json")


def _settings(arguments: argparse.Namespace) -> object:
    """The Config of the named data set, with its fields replaced."""
    from seg_models import registry

    known = registry.available("seg_models.datasets")
    if arguments.dataset not in known:
        raise typed.UsageError(registry.unknown("datasets", arguments.dataset, known))
    fields = dict(arguments.fields)
    if arguments.data_dir is not None:
        fields["data_dir"] = typed.folder(arguments.data_dir)
    return typed.replaced(registry.find("seg_models.datasets", arguments.dataset).Config(), fields, arguments)
