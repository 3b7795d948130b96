"""Pooling, dilated and transposed convolutions, normalisation and attention as torch computes them."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from seg_models.layers import (
    adaptive_average_pooling,
    atrous_convolution,
    atrous_pooling,
    bilinear_upsampling,
    efficient_attention,
    hard_swish,
    max_pooling_with_indices,
    normalization,
    pyramid_pooling,
    unpooling,
)
from tests.peers import arrays, torch_results

torch = pytest.importorskip("torch")
functional = torch.nn.functional
first, last = torch_results.first, torch_results.last


@pytest.mark.parametrize("size", [(7, 9), (8, 6), (1, 5), (5, 1), (2, 2)])
def test_pooling_with_indices_and_back(size: tuple[int, int]) -> None:
    """With many equal maxima, of which the first counts."""
    features = np.round(arrays.normal(2, *size, 3)).astype(np.float32)

    def ours(values: tf.Tensor) -> tf.Tensor:
        pooled, indices = max_pooling_with_indices.MaxPoolingWithIndices()(values)
        return unpooling.MaxUnpooling()([3 * pooled**2, indices, values])

    def theirs(values: torch.Tensor) -> torch.Tensor:
        pooled, indices = functional.max_pool2d(first(values), 2, ceil_mode=True, return_indices=True)
        return last(functional.max_unpool2d(3 * pooled**2, indices, 2, output_size=size))

    torch_results.assert_equal(f"pooling and back {size}", ours, theirs, features)


@pytest.mark.parametrize("size", [(7, 9), (8, 6)])
def test_the_indices_themselves(size: tuple[int, int]) -> None:
    """Theirs count the pixels of each channel of each image, ours all values."""
    features = arrays.normal(2, *size, 3)
    _, ours = max_pooling_with_indices.MaxPoolingWithIndices()(features)
    _, theirs = functional.max_pool2d(first(torch.tensor(features)), 2, ceil_mode=True, return_indices=True)
    theirs = last(theirs).numpy()
    image, channel = np.arange(2)[:, None, None, None], np.arange(3)
    np.testing.assert_array_equal(ours, (image * size[0] * size[1] + theirs) * 3 + channel)


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize(("side", "rate"), [(1, 1), (3, 1), (3, 2), (3, 3), (3, 6), (3, 12), (4, 2), (5, 3), (7, 4)])
def test_dilated_convolution(side: int, rate: int, padding: str) -> None:
    layer = atrous_convolution.AtrousConv2D(4, side, padding=padding, dilation_rate=rate)
    layer.build((None, None, None, 3))
    torch_results.assert_equal(
        f"convolution {side}, rate {rate}, {padding}",
        layer.convolution_op,
        lambda values, kernel: last(
            functional.conv2d(first(values), kernel.permute(3, 2, 0, 1), padding=padding, dilation=rate)
        ),
        arrays.normal(2, 29, 32, 3),
        arrays.normal(side, side, 3, 4, seed=1),
    )


@pytest.mark.parametrize("rate", [1, 2, 4])
def test_dilated_maxima(rate: int) -> None:
    torch_results.assert_equal(
        f"maxima, rate {rate}",
        atrous_pooling.AtrousMaxPooling2D(3, rate),
        # torch itself pads by half a window at most, so the border comes first.
        lambda values: last(
            functional.max_pool2d(functional.pad(first(values), [rate] * 4, value=-1e9), 3, stride=1, dilation=rate)
        ),
        arrays.normal(2, 9, 14, 3),
    )


@pytest.mark.parametrize("size", [(7, 11), (4, 5), (12, 18), (60, 33), (1, 1)])
@pytest.mark.parametrize("bins", pyramid_pooling.BINS)
def test_adaptive_average_pooling(bins: int, size: tuple[int, int]) -> None:
    torch_results.assert_equal(
        f"{bins} bins of {size}",
        adaptive_average_pooling.AdaptiveAveragePooling2D(bins),
        lambda values: last(functional.adaptive_avg_pool2d(first(values), bins)),
        arrays.normal(2, *size, 3),
    )


def test_the_whole_pyramid_at_a_size_that_no_bin_divides() -> None:
    inputs = keras.Input((None, None, 8))
    ours = keras.Model(inputs, pyramid_pooling.pyramid_pooling(inputs, normalization.Norm("batch"), channels=4))
    arrays.settle(ours, arrays.normal(4, 13, 17, 8))
    weights = [torch.tensor(value) for value in ours.get_weights()]
    kernels, statistics = weights[:4], [weights[4 + 4 * index : 8 + 4 * index] for index in range(4)]

    def theirs(values: torch.Tensor) -> torch.Tensor:
        branches = [first(values)]
        for bins, kernel, (scale, offset, mean, variance) in zip(pyramid_pooling.BINS, kernels, statistics):
            pooled = functional.adaptive_avg_pool2d(first(values), bins)
            reduced = functional.conv2d(pooled, kernel.permute(3, 2, 0, 1))
            reduced = functional.relu(functional.batch_norm(reduced, mean, variance, scale, offset, eps=1e-3))
            branches.append(functional.interpolate(reduced, values.shape[1:3], mode="bilinear", align_corners=False))
        return last(torch.cat(branches, dim=1))

    torch_results.assert_equal("pyramid", ours, theirs, arrays.normal(2, 13, 17, 8))


@pytest.mark.parametrize("factor", [2, 4, 8])
def test_fixed_transposed_convolution(factor: int) -> None:
    """The kernel is that of FCN's release, by its formula."""
    grid = np.abs(np.arange(2 * factor) - (factor - 0.5)) / factor
    kernel = torch.tensor(np.outer(1 - grid, 1 - grid).astype(np.float32)).expand(3, 1, -1, -1)
    torch_results.assert_equal(
        f"enlargement by {factor}",
        bilinear_upsampling.BilinearUpsampling(factor),
        lambda values: last(functional.conv_transpose2d(first(values), kernel, stride=factor, groups=3)),
        arrays.normal(2, 5, 7, 3),
    )


def test_learnt_transposed_convolution() -> None:
    layer = bilinear_upsampling.BilinearUpsampling(2, learnt=True)
    layer.build((None, None, None, 3))
    kernel = arrays.normal(4, 4, 3, 3, seed=1)
    layer.set_weights([kernel])
    theirs = torch.tensor(kernel).permute(3, 2, 0, 1)
    torch_results.assert_equal(
        "learnt enlargement",
        layer,
        lambda values: last(functional.conv_transpose2d(first(values), theirs, stride=2)),
        arrays.normal(2, 5, 7, 3),
    )


@pytest.mark.parametrize(("channels", "groups"), [(128, 32), (24, 6), (4, 1)])
def test_group_normalisation(channels: int, groups: int) -> None:
    layer = normalization.Norm("group", epsilon=1e-5).layer()
    layer.build((None, None, None, channels))
    scale, offset = arrays.normal(channels, seed=1), arrays.normal(channels, seed=2)
    layer.set_weights([scale, offset])
    torch_results.assert_equal(
        f"{groups} groups",
        layer,
        lambda values: last(
            functional.group_norm(first(values), groups, torch.tensor(scale), torch.tensor(offset), eps=1e-5)
        ),
        3 * arrays.normal(2, 5, 7, channels) + 1,
        tolerance=1e-4,
    )


def test_piecewise_linear_activations() -> None:
    values = 4 * arrays.normal(2, 5, 7, 3)
    torch_results.assert_equal("hard swish", hard_swish.HardSwish(), functional.hardswish, values)
    torch_results.assert_equal("hard sigmoid", hard_swish.HardSigmoid(), functional.hardsigmoid, values)


@pytest.mark.parametrize(("heads", "reduction"), [(1, 1), (2, 1), (2, 2), (4, 3)])
def test_attention_to_a_coarser_copy(heads: int, reduction: int) -> None:
    """The whole of it, at a size that the patches do not divide: a strided convolution leaves out the rest."""
    inputs = keras.Input((None, None, 16))
    outputs = efficient_attention.efficient_attention(inputs, heads=heads, reduction=reduction, name="attn")
    ours = keras.Model(inputs, outputs)
    for seed, weight in enumerate(ours.weights):
        weight.assign(0.3 * arrays.normal(*weight.shape, seed=seed))
    layers = {layer.name: [torch.tensor(value) for value in layer.get_weights()] for layer in ours.layers}

    def linear(values: torch.Tensor, name: str) -> torch.Tensor:
        kernel, bias = layers[f"attn.{name}"]
        return functional.linear(values.flatten(1, 2), kernel.T, bias)

    def split(values: torch.Tensor) -> torch.Tensor:
        return values.unflatten(2, (heads, -1)).transpose(1, 2)

    def theirs(values: torch.Tensor) -> torch.Tensor:
        queries, coarse = linear(values, "q"), values
        if reduction > 1:
            kernel, bias = layers["attn.sr"]
            coarse = last(functional.conv2d(first(values), kernel.permute(3, 2, 0, 1), bias, stride=reduction))
            coarse = functional.layer_norm(coarse, (16,), *layers["attn.norm"], eps=1e-5)
        keys, others = linear(coarse, "kv").chunk(2, dim=2)
        attended = functional.scaled_dot_product_attention(split(queries), split(keys), split(others))
        attended = attended.transpose(1, 2).flatten(2).unflatten(1, values.shape[1:3])
        return linear(attended, "proj").unflatten(1, values.shape[1:3])

    torch_results.assert_equal(f"attention, {heads} heads, {reduction}", ours, theirs, arrays.normal(2, 7, 9, 16))
