"""The report of an evaluation: one self-contained HTML page and the files beside it. No TensorFlow."""
