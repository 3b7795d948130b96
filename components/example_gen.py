"""The TFX step that converts a data set: raw files -> TFRecord shards per split."""

import apache_beam as beam
from tfx.dsl.component.experimental import annotations, decorators
from tfx.types import artifact_utils, standard_artifacts

from components import conversion, shard_writer
from seg_models import config, image_files, listing

# TFX's readers ask an Examples artifact for this property.
PAYLOAD_FORMAT = ("payload_format", "FORMAT_TF_EXAMPLE")


def fingerprint(dataset_config: object) -> str:
    """Changes with the source files of a data set; as a parameter of the step it makes TFX's cache see them.

    Raises:
      UserError: a split that training needs is empty.
    """
    return listing.fingerprint(dataset_config, listing.items(dataset_config, listing.FOR_TRAINING))


@decorators.component(use_beam=True)
def ExampleGen(  # noqa: N802, the name is the step's name in TFX
    examples: annotations.OutputArtifact[standard_artifacts.Examples],
    dataset: annotations.Parameter[str],
    fingerprint: annotations.Parameter[str],
    on_error: annotations.Parameter[str] = "fail",
    max_pixels: annotations.Parameter[int] = image_files.MAX_PIXELS,
    shards: annotations.Parameter[int] = 0,
    seed: annotations.Parameter[int] = 0,
    code: annotations.Parameter[str] = "",
    pipeline: annotations.BeamComponentParameter[beam.Pipeline] = None,
) -> None:
    """Converts a data set.

    Args:
      examples: gets a folder of shards for every split that has items, and the manifest.
      dataset: JSON of the data set's Config.
      fingerprint, code: of the source files and of the program; only TFX's cache looks at them.
      on_error, max_pixels, shards, seed: see conversion.
      pipeline: that TFX makes of its beam_pipeline_args.
    """
    settings = conversion.Settings(
        shard_writer.Rules(on_error, max_pixels), conversion.Layout(shards, seed), required=listing.FOR_TRAINING
    )
    written = conversion.convert(config.from_json(dataset), examples.uri, pipeline, settings)
    examples.split_names = artifact_utils.encode_split_names(list(written.splits))
    examples.set_string_custom_property(*PAYLOAD_FORMAT)
