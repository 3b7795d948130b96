"""What is typed: parsers that suggest the nearest spelling, and any settings field as an option of its dotted name."""

import argparse
import dataclasses
import difflib
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from seg_models import config, errors, overrides, registry


class UsageError(errors.UserError):
    """The command itself is wrong, not what it works on: exit code 2."""


class Parser(argparse.ArgumentParser):
    """An argument parser that raises UsageError, so that there is one way out for all errors."""

    def error(self, message: str) -> None:
        """Called by argparse for whatever it cannot parse."""
        raise UsageError(f"{message}. `{self.prog} --help` shows how.")


def parse(parser: Parser, argv: list[str], takes_fields: bool) -> argparse.Namespace:
    """The arguments, with the options that the parser does not know as `fields`, {dotted name: text}.

    `given` has these too, as (name, text) in the order in which they were typed, each as often as it was.

    Raises:
      UsageError: an option is unknown where the verb takes no fields, or has no value.
    """
    rest, given = _split(argv, options(parser))
    if given and not takes_fields:
        raise UsageError(unknown_option(given[0][0], options(parser), parser.prog))
    arguments = parser.parse_args(rest)
    arguments.given = given
    arguments.fields = dict(given)
    arguments.prog = parser.prog
    arguments.options = sorted(options(parser))
    return arguments


def one_of(kind: str, known: Iterable[str]) -> Callable[[str], str]:
    """A type for `add_argument`: one of the known names, or an error with the nearest."""
    known = list(known)

    def named(text: str) -> str:
        """argparse's hook: the text itself."""
        if text not in known:
            raise argparse.ArgumentTypeError(registry.unknown(kind, text, known).rstrip("."))
        return text

    return named


def options(parser: Parser) -> set[str]:
    """The names of the parser's own options, without dashes."""
    # argparse has no public list of them.
    return {name.lstrip("-") for name in parser._option_string_actions}


def experiment(arguments: argparse.Namespace, fields: Mapping[str, str]) -> config.Experiment:
    """The experiment named on the command line, with its fields replaced.

    Raises:
      UsageError: there is no such experiment or field, or the text is no value of the field's type.
    """
    known_experiment(arguments.experiment)
    found = registry.find("pipeline.experiments", arguments.experiment).EXPERIMENT
    return replaced(found, fields, arguments)


def dataset_config(name: str) -> object:
    """The Config of the data set that a name such as `camvid` or `tfds:oxford_iiit_pet` stands for.

    Raises:
      UsageError: there is no such data set.
    """
    try:
        return registry.config("seg_models.datasets", name)
    except errors.UserError as error:
        raise UsageError(str(error)) from None


def known_experiment(name: str) -> None:
    """Raises UsageError, with the nearest spelling, where there is no such experiment."""
    known = registry.available("pipeline.experiments")
    if name not in known:
        raise UsageError(registry.unknown("experiments", name, known))


def replaced(value: Any, fields: Mapping[str, str], arguments: argparse.Namespace) -> Any:
    """`value` with fields replaced: `--model unet` before `--model.depth 3`, in whatever order they were typed.

    Raises:
      UsageError: there is no such field, or the text is no value of its type.
    """
    known = {inner.name for inner in dataclasses.fields(value)}
    for name in fields:
        if name.split(".")[0] not in known:
            raise UsageError(unknown_option(name, [*arguments.options, *overrides.fields(value)], arguments.prog))
    try:
        return overrides.apply(value, fields)
    except errors.UserError as error:
        raise UsageError(str(error)) from None


def folder(path: str) -> str:
    """An absolute path, so that settings mean the same wherever the next command is typed; a bucket stays."""
    return path if "://" in path else os.path.abspath(path)


def unknown_option(name: str, known: Iterable[str], prog: str) -> str:
    """The message for a misspelt option."""
    nearest = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    hint = f" Did you mean `--{nearest[0]}`?" if nearest else ""
    return f"`{prog}` has no option `--{name}`.{hint} `{prog} --help` shows all."


def _split(argv: list[str], own: set[str]) -> tuple[list[str], list[tuple[str, str]]]:
    """Takes `--name value` and `--name=value` out of `argv` where `name` is not one of the parser's own options."""
    rest, given, pending = [], [], list(argv)
    while pending:
        token = pending.pop(0)
        name, equals, value = token[2:].partition("=")
        if token == "--":
            return rest + ["--"] + pending, given
        if not token.startswith("--") or name in own:
            rest.append(token)
        elif equals:
            given.append((name, value))
        elif pending and not pending[0].startswith("--"):
            given.append((name, pending.pop(0)))
        else:
            given.append((name, ""))
    return rest, given
