"""The user's mistake inside an exception that Beam has wrapped: its sentence, without the traceback around it."""

import re

from seg_models import errors

# Beam hands errors of workers on as text: a traceback that ends with `module.Class: message [while running 'step']`.
WRAPPED = re.compile(
    r"(?:^|\n|\s)seg_models\.errors\.(?:UserError|DataError): (.*?)(?= \[while running|\n\n|\nTraceback|\Z)", re.DOTALL
)


# How Beam's runners say that they lack an option or a program that they start.
RUNNER_LACKS = re.compile(r"You must specify|Unable to fetch|Could not find|not found in", re.IGNORECASE)


def user_error(error: BaseException) -> errors.UserError | None:
    """The UserError that `error` is, was caused by, or holds as text; None for a defect of the program."""
    if isinstance(error, (NotImplementedError, RuntimeError)) and RUNNER_LACKS.search(str(error)):
        return errors.UserError(f"The Beam runner cannot be used: {' '.join(str(error).split())}")
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, errors.UserError):
            return errors.UserError(_sentence(str(seen)))
        found = WRAPPED.findall(str(seen))
        if found:
            return errors.UserError(_sentence(found[-1]))
        seen = seen.__cause__ or seen.__context__
    return None


def _sentence(text: str) -> str:
    return re.sub(r" \[while running '[^']*'\]", "", text).strip()
