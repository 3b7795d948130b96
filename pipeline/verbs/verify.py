"""Looks for what is wrong with a raw data set, or compares records with it value by value."""

import argparse
from typing import TYPE_CHECKING

from pipeline import arguments as typed
from pipeline import beam_flags

if TYPE_CHECKING:
    from seg_models import manifest

EXAMPLE = """segline verify camvid --data_dir ../camvid
    segline verify --records records/camvid --output_dir verified"""
FIELDS = f"""Any field of the data set's Config is an option too, such as `--classes 34` of cityscapes.
{beam_flags.HELP}

Ends with 1 where anything is wrong, with 0 where it is doubtful at most."""


def add_arguments(parser: typed.Parser) -> None:
    """Adds the verb's options."""
    parser.add_argument(
        "dataset",
        metavar="DATASET",
        nargs="?",
        help="a name that `segline list datasets` gives; with --records: what they were converted from, where their "
        "manifest does not say it",
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
    parser.add_argument("--max_pixels", type=int, metavar="N", help="refuse larger images (default 178956970)")


def run(arguments: argparse.Namespace) -> int:
    """Prints a table of what was found; 1 where anything is wrong."""
    _take_dataset_from_records(arguments)
    if not arguments.dataset and not arguments.records:
        raise typed.UsageError("DATASET is missing: the data set to look at, or --records to compare with it.")
    from pipeline import quiet

    quiet.down()
    from seg_models import record_files

    files = record_files.find(arguments.records, arguments.split) if arguments.records else []
    config = _config(arguments, record_files.manifest_of(files))
    flags = beam_flags.taken_out(arguments, config)
    fields = dict(arguments.fields)
    if arguments.data_dir is not None:
        fields["data_dir"] = typed.folder(arguments.data_dir)
    config = typed.replaced(config, fields, arguments)
    pipeline = beam_flags.pipeline(flags)
    from components import verification
    from pipeline import deployment, failures
    from seg_models import image_files, inspection

    output_dir = typed.folder(arguments.output_dir) if arguments.output_dir else ""
    limit = image_files.MAX_PIXELS if arguments.max_pixels is None else arguments.max_pixels
    scope = verification.Scope(arguments.split, output_dir, limit)
    try:
        if arguments.records:
            summary = verification.verify_records(config, files, pipeline, scope)
        else:
            summary = verification.verify_source(config, pipeline, scope)
    except KeyboardInterrupt:
        raise KeyboardInterrupt("Nothing was written; the same command begins anew.") from None
    except Exception as error:
        raise failures.user_error(error) or error from None
    print(f"{inspection.table(summary)}\n\n{inspection.verdict(summary)}")
    if output_dir:
        print(f"all findings in {deployment.shown(output_dir)}: {verification.JSON}, {verification.CSV}")
    return int(summary.has_errors)


def _take_dataset_from_records(arguments: argparse.Namespace) -> None:
    """`--records GLOB DATASET`: a name after the patterns is the data set, for the option takes all that follows it."""
    from seg_models import registry

    last = arguments.records[-1] if arguments.records and len(arguments.records) > 1 else ""
    if not arguments.dataset and last.partition(":")[0] in registry.available("seg_models.datasets"):
        arguments.dataset = arguments.records.pop()


def _config(arguments: argparse.Namespace, known: "manifest.Manifest | None") -> object:
    """The Config of the data set, as the manifest beside the records has it, or the default one."""
    source = known.source if known else None
    if arguments.dataset:
        named = typed.dataset_config(arguments.dataset)
        return source if isinstance(source, type(named)) else named
    if source is None:
        raise typed.UsageError("DATASET is missing: no manifest beside the records says which data set they are of.")
    return source
