"""A page to look at records: what is in them, how it is distributed, what is doubtful. No TensorFlow."""
