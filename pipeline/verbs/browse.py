"""Writes a page to look at records: pictures, class balance, histograms, agreement, findings."""

import argparse

from pipeline import arguments as typed
from pipeline import beam_flags

EXAMPLE = "segline browse --records records/camvid --output_dir looked_at"
FIELDS = f"""Also `--images N`: images to show of each group, such as random (default 12), and `--max_pixels N`.
{beam_flags.HELP}"""


def add_arguments(parser: typed.Parser) -> None:
    """Adds the verb's options."""
    parser.add_argument(
        "--records",
        metavar="GLOB",
        nargs="+",
        required=True,
        help="record files, or the folder that `segline convert` wrote",
    )
    parser.add_argument("--output_dir", metavar="DIR", required=True, help="folder for index.html and its pictures")
    parser.add_argument("--split", metavar="NAME", default="", help="the only split to look at; all when left out")
    parser.add_argument("--findings", metavar="FILE", help="findings.json of `segline verify`, to show it too")


def run(arguments: argparse.Namespace) -> None:
    """Writes the page and says where it is."""
    from pipeline import quiet

    quiet.down()
    from components import browsing

    settings = browsing.Settings()
    flags = beam_flags.taken_out(arguments, settings)
    settings = typed.replaced(settings, arguments.fields, arguments)
    from pipeline import deployment, failures
    from seg_models import record_files
    from seg_models.browse import findings

    files = record_files.find(arguments.records, arguments.split)
    verified = findings.read(arguments.findings) if arguments.findings else None
    output_dir = typed.folder(arguments.output_dir)
    try:
        content = browsing.browse(files, output_dir, beam_flags.pipeline(flags), settings, verified)
    except KeyboardInterrupt:
        raise KeyboardInterrupt("The page is not whole; the same command begins anew.") from None
    except Exception as error:
        raise failures.user_error(error) or error from None
    print(f"{content.found.images} images; the page is {deployment.shown(output_dir)}/index.html")
