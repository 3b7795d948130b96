"""Image segmentation itself: data sets, models, training, metrics, export. Knows neither TFX nor Beam."""
