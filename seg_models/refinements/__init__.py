"""What makes a model's probabilities follow the image more closely, one file each."""
