"""Which steps run, in what order and where; the command line."""
