"""The feature extractors, one file a family: image -> {level: features}."""
