"""The augmentations, one file each: an image and all its maps together."""
