"""Efficient attention against a plain numpy one: heads, patches, odd sizes, memory, precision."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from seg_models import errors
from seg_models.layers import efficient_attention


def noise(*shape: int) -> np.ndarray:
    """Normal float32 numbers."""
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def softmax(scores: np.ndarray) -> np.ndarray:
    """Over the last axis, in float64."""
    exponents = np.exp(scores.astype(np.float64) - scores.max(-1, keepdims=True))
    return exponents / exponents.sum(-1, keepdims=True)


def attention(queries: np.ndarray, keys: np.ndarray, values: np.ndarray, heads: int) -> np.ndarray:
    """[n, C], [m, C], [m, C] -> [n, C], one head after the other."""
    depth = queries.shape[-1] // heads
    parts = []
    for head in range(heads):
        own = slice(head * depth, (head + 1) * depth)
        parts.append(softmax(queries[:, own] @ keys[:, own].T / np.sqrt(depth)) @ values[:, own])
    return np.concatenate(parts, axis=-1)


@pytest.mark.parametrize("heads", (1, 2, 4))
def test_each_head_attends_on_its_own(heads: int) -> None:
    queries, key_value = noise(2, 3, 5, 8), noise(2, 2, 1, 16)
    attended = efficient_attention.DotProductAttention(heads)([queries, key_value])
    for index in range(2):
        keys, values = np.split(key_value[index].reshape(-1, 16), 2, axis=-1)
        expected = attention(queries[index].reshape(-1, 8), keys, values, heads)
        np.testing.assert_allclose(tf.reshape(attended[index], [-1, 8]), expected, atol=1e-5)


def network(reduction: int, heads: int = 2) -> keras.Model:
    """The block over 8 channels."""
    features = keras.Input((None, None, 8))
    attended = efficient_attention.efficient_attention(features, heads=heads, reduction=reduction, name="attn")
    return keras.Model(features, attended)


@pytest.mark.parametrize(("height", "width"), ((6, 8), (7, 9), (2, 5), (1, 1)))
def test_keys_are_patches(height: int, width: int) -> None:
    """What is left beyond whole patches has no key; an image without a whole patch is filled up."""
    block, features = network(reduction=2), noise(1, height, width, 8)
    weights = [noise(*weight.shape) for weight in block.get_weights()]
    block.set_weights(weights)
    given = {weight.name.split(":")[0]: weight.numpy().astype(np.float64) for weight in block.weights}
    whole = np.pad(features[0], ((0, max(0, 2 - height)), (0, max(0, 2 - width)), (0, 0)))
    rows, columns = whole.shape[0] // 2, whole.shape[1] // 2
    patches = whole[: 2 * rows, : 2 * columns].reshape(rows, 2, columns, 2, 8).transpose(0, 2, 1, 3, 4)
    coarse = patches.reshape(-1, 32) @ given["attn.sr/kernel"].reshape(32, 8) + given["attn.sr/bias"]
    centred = coarse - coarse.mean(-1, keepdims=True)
    normal = centred / np.sqrt(coarse.var(-1, keepdims=True) + 1e-5)
    normal = normal * given["attn.norm/gamma"] + given["attn.norm/beta"]
    keys, values = np.split(normal @ given["attn.kv/kernel"] + given["attn.kv/bias"], 2, axis=-1)
    queries = features[0].reshape(-1, 8) @ given["attn.q/kernel"] + given["attn.q/bias"]
    attended = attention(queries, keys, values, heads=2) @ given["attn.proj/kernel"] + given["attn.proj/bias"]
    computed = tf.reshape(block(features), [-1, 8])
    np.testing.assert_allclose(computed, attended, rtol=1e-3, atol=1e-3 * np.abs(attended).max())


def test_without_reduction_nothing_is_thinned_out() -> None:
    assert {weight.name.split(".")[1].split("/")[0] for weight in network(1).weights} == {"q", "kv", "proj"}


def test_layers_that_start_alike_start_with_different_numbers() -> None:
    first, last = (network(1).get_layer(f"attn.{name}").kernel.numpy() for name in ("q", "proj"))
    assert first.shape == last.shape and (first != last).any()
    assert first.std() < 0.02 and np.abs(first).max() <= 0.04


def test_probabilities_add_up_in_half_precision() -> None:
    """Over 1024 keys, whose equal shares are small numbers."""
    queries, key_value = tf.zeros((1, 1, 1, 4), tf.bfloat16), tf.ones((1, 32, 32, 8), tf.bfloat16)
    attended = efficient_attention.DotProductAttention(1, name="core")([queries, key_value])
    np.testing.assert_allclose(tf.cast(attended, tf.float32), 1.0, atol=0.01)


def test_saved_layers_come_back() -> None:
    for layer in (efficient_attention.DotProductAttention(2), efficient_attention.PatchReduction(4, 3)):
        again = keras.layers.deserialize(keras.layers.serialize(layer))
        assert type(again) is type(layer) and again.get_config() == layer.get_config()


def test_heads_must_share_the_channels() -> None:
    with pytest.raises(errors.UserError, match="`heads` is 3"):
        network(reduction=1, heads=3)
