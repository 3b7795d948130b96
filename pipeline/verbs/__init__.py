"""The verbs of `segline`: one file a verb, with `HELP`, `add_arguments(parser)` and `run(arguments)`.

Everything that is slow to import is imported inside `run`.
"""
