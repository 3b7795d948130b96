"""Our own data sets for people who work with TensorFlow Datasets; importing one of these files registers a builder."""
