"""Looks for what is wrong with a raw data set, or compares records with it value by value."""

import argparse

from pipeline import arguments as typed

EXAMPLE = """segline verify camvid --data_dir ../camvid
    segline verify --records records/camvid --output_dir verified"""
FIELDS = "Any field of the data set's Config is an option too, such as `--seed 1`."


def add_arguments(parser: typed.Parser) -> None:
    """Adds the verb's options."""
    parser.add_argument(
        "dataset",
        metavar="DATASET",
        nargs="?",
        help="a name that `segline list datasets` gives; with --records: the one they were converted from",
    )
    parser.add_argument("--data_dir", metavar="DIR", help="folder of the raw data set")
    parser.add_argument(
        "--records",
        metavar="GLOB",
        nargs="+",
        help="compare these with the data set: record files, or the folder that `segline convert` wrote",
    )
    parser.add_argument("--split", metavar="NAME", default="", help="the only split to look at; all when left out")
    parser.add_argument("--output_dir", metavar="DIR", help="folder for findings.json and findings.csv")
    parser.add_argument(
        "--direct_num_workers", type=int, default=1, metavar="N", help="processes; 0: one per core (default 1)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Prints a table of what was found; 1 where anything is wrong, 0 where it is doubtful at most."""
    from pipeline import failures, quiet

    _take_dataset_from_records(arguments)
    if not arguments.dataset and not arguments.records:
        raise typed.UsageError("DATASET is missing: the data set to look at, or --records to compare with it.")
    from seg_models import record_files

    files = record_files.find(arguments.records, arguments.split) if arguments.records else []
    settings = _settings(arguments, record_files.manifest_of(files))
    quiet.down()
    import apache_beam as beam
    from apache_beam.options import pipeline_options
    from components import verification
    from pipeline import deployment
    from seg_models import inspection

    output_dir = typed.folder(arguments.output_dir) if arguments.output_dir else ""
    scope = verification.Scope(arguments.split, output_dir)
    where = deployment.local(output_dir, "verify", workers=arguments.direct_num_workers)
    flags = [*where.beam_flags, *(f"--{option}={value}" for option, value in where.direct_options.items())]
    pipeline = beam.Pipeline(options=pipeline_options.PipelineOptions(flags))
    try:
        if arguments.records:
            summary = verification.verify_records(settings, files, pipeline, scope)
        else:
            summary = verification.verify_source(settings, pipeline, scope)
    except Exception as error:
        raise failures.user_error(error) or error from None
    print(inspection.table(summary))
    print(f"\n{inspection.verdict(summary)}")
    if output_dir:
        print(f"all findings in {deployment.shown(output_dir)}/{verification.JSON} and {verification.CSV}")
    return int(summary.has_errors)


def _take_dataset_from_records(arguments: argparse.Namespace) -> None:
    """`--records GLOB DATASET`: a name after the patterns is the data set, for the option takes all that follows it."""
    from seg_models import registry

    last = arguments.records[-1] if arguments.records and len(arguments.records) > 1 else ""
    if not arguments.dataset and last in registry.available("seg_models.datasets"):
        arguments.dataset = arguments.records.pop()


def _settings(arguments: argparse.Namespace, known: object) -> object:
    """The Config of the data set: what the manifest beside the records says, with fields replaced."""
    from seg_models import registry

    source = known.source if known else None
    if not arguments.dataset and source is None:
        raise typed.UsageError("DATASET is missing: no manifest beside the records says which data set they are of.")
    if arguments.dataset:
        names = registry.available("seg_models.datasets")
        if arguments.dataset not in names:
            raise typed.UsageError(registry.unknown("datasets", arguments.dataset, names))
        config = registry.find("seg_models.datasets", arguments.dataset).Config
        source = source if isinstance(source, config) else config()
    fields = dict(arguments.fields)
    if arguments.data_dir is not None:
        fields["data_dir"] = typed.folder(arguments.data_dir)
    return typed.replaced(source, fields, arguments)
