"""Converts a raw data set to records: TFRecord shards per split, and a manifest."""

import argparse
import dataclasses
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipeline import arguments as typed
from pipeline import beam_flags

if TYPE_CHECKING:
    from components import conversion
    from seg_models import manifest

EXAMPLE = """segline convert camvid --data_dir ../camvid --output_dir records/camvid
    segline convert camvid --data_dir ../camvid --output_dir records/camvid --runner DaskRunner"""
FIELDS = f"""Any field of the data set's Config is an option too, such as `--classes 34` of cityscapes; `--show` lists
them.
{beam_flags.HELP}

Interrupt it at any time: the same command goes on from where it stopped, and does nothing where all is done."""


def add_arguments(parser: typed.Parser) -> None:
    """Adds the verb's options."""
    parser.add_argument("dataset", metavar="DATASET", help="a name that `segline list datasets` gives")
    parser.add_argument("--data_dir", metavar="DIR", help="folder of the raw data set")
    parser.add_argument("--output_dir", metavar="DIR", help="folder for the records")
    parser.add_argument(
        "--on_error",
        type=typed.one_of("the ways", ("fail", "skip")),
        metavar="WAY",
        default="fail",
        help="what to do at a broken item: fail, or skip and list it in the manifest (default fail)",
    )
    parser.add_argument(
        "--max_pixels", type=int, metavar="N", help="refuse larger images as harmful files (default 178956970)"
    )
    parser.add_argument(
        "--max_skipped", type=float, default=0.01, metavar="PART", help="of all items, at most, to skip (default 0.01)"
    )
    parser.add_argument(
        "--shards", type=int, default=0, metavar="N", help="files per split (default: of 100 images each)"
    )
    parser.add_argument("--overwrite", action="store_true", help="begin anew, and replace finished records")
    parser.add_argument(
        "--show", action="store_true", help="print every field of the data set's Config, and do nothing else"
    )


def run(arguments: argparse.Namespace) -> None:
    """Converts the data set and prints what was written."""
    from pipeline import quiet

    quiet.down()
    from seg_models import overrides

    config = typed.dataset_config(arguments.dataset)
    flags = beam_flags.taken_out(arguments, config)
    fields = dict(arguments.fields)
    if arguments.data_dir is not None:
        fields["data_dir"] = typed.folder(arguments.data_dir)
    config = typed.replaced(config, fields, arguments)
    if arguments.show:
        for name, value in overrides.fields(config).items():
            print(f"--{name} {value}")
        return
    if not arguments.output_dir:
        raise typed.UsageError("--output_dir is missing: the folder for the records.")
    from pipeline import deployment, failures

    output_dir = typed.folder(arguments.output_dir)
    pipeline = beam_flags.pipeline(flags)
    from components import conversion

    try:
        written = conversion.convert(config, output_dir, pipeline, _settings(arguments))
    except Exception as error:
        raise failures.user_error(error) or error from None
    for line in _told(written):
        print(line)
    print(f"records in {deployment.shown(output_dir)}; they are listed in its manifest.json")


def _settings(arguments: argparse.Namespace) -> "conversion.Settings":
    from components import conversion, shard_writer

    rules = shard_writer.Rules(arguments.on_error, max_skipped=arguments.max_skipped)
    if arguments.max_pixels is not None:
        rules = dataclasses.replace(rules, max_pixels=arguments.max_pixels)
    return conversion.Settings(rules, conversion.Layout(arguments.shards), overwrite=arguments.overwrite)


def _told(written: "manifest.Manifest") -> Iterator[str]:
    """What was written, a line a split, and what is doubtful about it."""
    for name, split in written.splits.items():
        skipped = f", {len(split.skipped)} skipped (see manifest.json)" if split.skipped else ""
        yield f"{name}: {split.records} images in {len(split.shards)} files{skipped}"
        if split.findings:
            counts = ", ".join(f"{count} {kind}" for kind, count in split.findings.items())
            yield f"  doubtful annotations: {counts}; the first ones:"
            yield from (f"    {text}" for _, text in split.first_findings)
