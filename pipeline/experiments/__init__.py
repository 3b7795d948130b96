"""One file = one experiment: a docstring with the command and the score it gave, then EXPERIMENT."""
