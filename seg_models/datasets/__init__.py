"""The data sets, one file each: raw files -> Example. Numpy and PIL only."""
