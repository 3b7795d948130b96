"""The parts of a scene: projection, order of depth, visibility, noise."""

import numpy as np
import pytest

from seg_models.toy_scene import camera, categories, layer, noise

VIEW = camera.Camera(height=100, width=120, focal=80.0, centre=60.0, horizon=40.0, altitude=2.0)


def _layer(footprint: layer.Footprint, mask: np.ndarray) -> layer.Layer:
    rows, columns = slice(0, mask.shape[0]), slice(0, mask.shape[1])
    return layer.Layer(categories.CAR, footprint, 1.0, rows, columns, mask, np.zeros((*mask.shape, 3), np.float32))


def test_look_gives_the_point_that_projects_to_the_pixel() -> None:
    origin, u, v = np.array((-1.0, 0.5, 6.0)), np.array((1.0, 0.0, 0.4)), np.array((0.1, 1.0, 0.2))
    patch = camera.look(VIEW, origin, u, v, (slice(20, 60), slice(30, 90)))
    seen = origin + patch.a[..., None] * u + patch.b[..., None] * v
    np.testing.assert_allclose(seen[..., 2], patch.z, rtol=1e-4)
    columns = VIEW.centre + VIEW.focal * seen[..., 0] / seen[..., 2]
    rows = VIEW.horizon - VIEW.focal * (seen[..., 1] - VIEW.altitude) / seen[..., 2]
    np.testing.assert_allclose(columns, np.broadcast_to(np.arange(30, 90) + 0.5, columns.shape), atol=1e-2)
    np.testing.assert_allclose(rows, np.broadcast_to(np.arange(20, 60)[:, None] + 0.5, rows.shape), atol=1e-2)


def test_window_is_the_box_of_the_projected_points_inside_the_frame() -> None:
    # (2, 0, 8) lies 20 pixels right of the centre and 20 below the horizon; (-90, 2, 8) far left, on the horizon.
    rows, columns = VIEW.window(np.array([(2.0, 0.0, 8.0), (-90.0, 2.0, 8.0)]))
    assert (rows, columns) == (slice(40, 60), slice(0, 80))


@pytest.mark.parametrize(
    ("near", "far"),
    [
        (layer.Footprint(-1, 1, 4, 5), layer.Footprint(-1, 1, 6, 9)),  # one behind the other
        (layer.Footprint(1, 2, 6, 7), layer.Footprint(3, 5, 4, 9)),  # side by side, right of the camera
        (layer.Footprint(-2, -1, 6, 7), layer.Footprint(-5, -3, 4, 9)),  # and left of it
        (layer.Footprint(-1, 1, 5, 8), layer.Footprint(2, 3, 6, 7)),  # the first one straddles the line of sight
    ],
)
def test_nearer_comes_first(near: layer.Footprint, far: layer.Footprint) -> None:
    mask = np.ones((2, 2), bool)
    assert near.before(far) and not far.before(near)
    for order in ((near, far), (far, near)):
        assert [one.footprint for one in layer.near_to_far([_layer(each, mask) for each in order])] == [near, far]


def test_resolve_gives_visible_parts_and_a_dropped_layer_hides_nothing() -> None:
    ground = layer.Footprint(0, 1, 5, 6)
    first, second, third = np.array([[[0, 1, 1, 1, 0, 0]], [[0, 0, 1, 1, 1, 0]], [[1] * 6]], bool)
    covered = np.array([[True, False, False, False, False, False]])
    layers = [_layer(ground, mask) for mask in (first, second, third)]
    kept = layer.resolve(layers, covered, lambda one, visible: visible > 1)
    assert [one.mask.tolist() for one, _ in kept] == [first.tolist(), third.tolist()]
    np.testing.assert_array_equal(kept[0][1], first)
    np.testing.assert_array_equal(kept[1][1], [[False, False, False, False, True, True]])


def test_noise_is_periodic_even_and_the_same_every_time() -> None:
    place = np.arange(40, dtype=np.float32)
    here = noise.at(noise.CLOUDS, place, place[:, None], (5, 9))
    np.testing.assert_array_equal(here, noise.at(noise.CLOUDS, place + noise.SIZE, place[:, None] - noise.SIZE, (5, 9)))
    tile = noise.tile(noise.CLOUDS)
    noise.tile.cache_clear()
    np.testing.assert_array_equal(tile, noise.tile(noise.CLOUDS))
    assert abs(tile.mean()) < 0.05 and 0.9 < tile.std() < 1.1
    assert np.abs(np.diff(tile, axis=1)).max() < 0.5  # smooth, across the seam too
    assert np.abs(tile[:, 0] - tile[:, -1]).max() < 0.5
