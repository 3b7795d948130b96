"""The error for a user's mistake: its message is complete, so the command line prints it without a traceback."""


class UserError(ValueError):
    """Something that the user can fix; the message names the file or value, what was expected and how to fix it."""


class DataError(UserError):
    """One item of a data set breaks the label contract; `--on_error=skip` skips and counts these."""
