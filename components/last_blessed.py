"""Finds the model to compare with: the latest blessed one that is not the candidate itself."""

import ml_metadata as mlmd
from tfx import types
from tfx.dsl.input_resolution.strategies import latest_blessed_model_strategy

# The keys of the Resolver's channels.
MODEL, BLESSING, CANDIDATE = "model", "model_blessing", "candidate"

Artifacts = dict[str, list[types.Artifact]]


class LastBlessedModel(latest_blessed_model_strategy.LatestBlessedModelStrategy):
    """TFX's strategy without the candidate.

    A run that repeats an earlier one would otherwise compare its model with itself: a new question to TFX, which would
    evaluate and push again what has not changed.
    """

    def resolve_artifacts(self, store: mlmd.MetadataStore, input_dict: Artifacts) -> Artifacts:
        """The model and its blessing, or empty lists where there is none; the candidate is handed on."""
        candidates = {artifact.id for artifact in input_dict[CANDIDATE]}
        others = [model for model in input_dict[MODEL] if model.id not in candidates]
        found = super().resolve_artifacts(store, {MODEL: others, BLESSING: input_dict[BLESSING]})
        return {**found, CANDIDATE: input_dict[CANDIDATE]}
