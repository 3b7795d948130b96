"""Raw data sets in their published layouts, made for tests: one file a data set, with `make(folder) -> data_dir`."""
