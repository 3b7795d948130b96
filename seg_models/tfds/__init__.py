"""What TensorFlow Datasets has prepared, read as the files it is: nothing here loads TensorFlow."""
