"""The metrics, one file each: update, merge, result. Numpy only."""
