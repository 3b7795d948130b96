"""The layers that models are built of, one file each."""
