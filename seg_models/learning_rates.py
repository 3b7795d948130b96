"""Learning rates of groups of weights: `train.learning_rate_factors` over the weights' paths; 0 freezes."""

import logging
from collections.abc import Mapping, Sequence


from seg_models import errors, model, per_weight, weight_paths

log = logging.getLogger("segline")

FIELD = "train.learning_rate_factors"


def factors(network: model.SegmentationModel, patterns: Sequence[tuple[str, float]]) -> dict[str, float]:
    """Path -> factor, of every weight that learns; the first pattern that fits it counts, 1 where none does.

    Raises:
      UserError: a pattern fits no weight that learns.
    """
    learning = {id(weight) for weight in network.network.trainable_weights}
    paths = [path for path, weight in weight_paths.named(network).items() if id(weight) in learning]
    found = dict.fromkeys(paths, 1.0)
    for pattern, factor in reversed(patterns):
        fitting = weight_paths.matching(pattern, paths)
        if not fitting:
            near = ", ".join(weight_paths.nearest(pattern, paths))
            raise errors.UserError(f"`{FIELD}`: `{pattern}` fits none of the {len(paths)} weights. There are {near}.")
        found.update(dict.fromkeys(fitting, factor))
    return found


def freeze(network: model.SegmentationModel, of_weights: Mapping[str, float]) -> None:
    """Takes the layers of factor 0 out of training: no gradients, no decay, and statistics that stay as they are.

    Call it before the optimizer sees the model.

    Raises:
      UserError: only a part of a layer's weights has factor 0, or all weights have.
    """
    if not any(of_weights.values()):
        raise errors.UserError(f"`{FIELD}` gives every weight the factor 0: nothing would learn.")
    paths = {id(weight): path for path, weight in weight_paths.named(network).items()}
    frozen = 0
    for layer in weight_paths.layers(network.network):
        own = {paths[id(weight)] for weight in layer.trainable_weights}
        still = {path for path in own if of_weights.get(path, 0.0) == 0}
        if still and still != own:
            raise errors.UserError(
                f"`{FIELD}` gives {', '.join(sorted(still))} the factor 0 but not {', '.join(sorted(own - still))}: "
                "a layer is frozen as a whole."
            )
        if still:
            layer.trainable = False
            frozen += len(own)
    if frozen:
        log.info("%d of %d weights are frozen.", frozen, len(of_weights))


def scale(
    optimizer: per_weight.PerWeight, network: model.SegmentationModel, of_weights: Mapping[str, float]
) -> None:
    """Gives the optimizer the factors; call it before the first step."""
    weights = weight_paths.named(network)
    optimizer.scale((weights[path], factor) for path, factor in of_weights.items() if factor not in (0.0, 1.0))
