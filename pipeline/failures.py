"""The user's mistake inside an exception that Beam has wrapped: its sentence, without the traceback around it."""

import re

from seg_models import errors

# Beam hands errors of workers on as text: a traceback that ends with `module.Class: message [while running 'step']`.
WRAPPED = re.compile(
    r"(?:^|\n|\s)seg_models\.errors\.(?:UserError|DataError): (.*?)(?= \[while running|\n\n|\nTraceback|\Z)", re.DOTALL
)


def user_error(error: BaseException) -> errors.UserError | None:
    """The UserError that `error` is, was caused by, or holds as text; None for a defect of the program."""
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
