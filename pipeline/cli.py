"""The command line `segline`: finds the verb, which is a file of pipeline/verbs, and turns errors into one sentence."""

import argparse
import os
import sys
from collections.abc import Sequence
from types import ModuleType

from pipeline import arguments as typed
from pipeline import docstrings
from seg_models import errors, registry

PACKAGE = "pipeline.verbs"
# Verbs that, given once more, do not begin anew.
RESUMING = ("convert", "run", "train")
USAGE = """usage: segline VERB [options]

Image segmentation, from a raw data set to a blessed, served model.

{verbs}

`segline VERB --help` shows the options of a verb, with an example.
The first thing to try, no data needed:

    segline run toy_streets_unet
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one verb; returns the exit code: 0, 1 for an error, 2 for a wrong command."""
    argv = list(sys.argv[1:] if argv is None else argv)
    try:
        return _run(argv)
    except typed.UsageError as error:
        print(f"segline: {error}", file=sys.stderr)
        return 2
    except errors.UserError as error:
        print(f"segline: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt as interruption:
        resumes = bool(argv) and argv[0] in RESUMING
        told = str(interruption) or ("The same command goes on from where it stopped." if resumes else "")
        print(f"\nsegline: interrupted. {told}".rstrip(), file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of our output, such as `head`, has seen enough; Python must not complain about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _run(argv: list[str]) -> int:
    if not argv or argv[0] in ("-h", "--help", "help"):
        print(_usage())
        return 0 if argv else 2
    name, *rest = argv
    known = registry.available(PACKAGE)
    if name not in known:
        raise typed.UsageError(registry.unknown("the verbs", name, known))
    verb = registry.find(PACKAGE, name)
    parser = _parser(verb, name)
    # Verbs that judge return 1 where they find something wrong.
    return verb.run(typed.parse(parser, rest, takes_fields=bool(verb.FIELDS))) or 0


def _usage() -> str:
    first_lines = docstrings.first_lines(PACKAGE)
    return USAGE.format(verbs="\n".join(f"  {name:<10}{line}" for name, line in first_lines.items()))


def _parser(verb: ModuleType, name: str) -> typed.Parser:
    parser = typed.Parser(
        prog=f"segline {name}",
        description=verb.__doc__,
        epilog=f"{verb.FIELDS}\n\nExample:\n\n    {verb.EXAMPLE}\n".lstrip(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    verb.add_arguments(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
