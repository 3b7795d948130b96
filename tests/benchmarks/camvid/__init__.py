"""The CamVid table: every semantic model and its peers, from random weights, each for the same time."""
