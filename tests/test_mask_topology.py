"""Topology of masks: components as scipy's, simple points by counting components of whole images, warps by hand."""

import numpy as np
import pytest
from scipy import ndimage

from seg_models import mask_topology

EIGHT = np.ones((3, 3), int)


def mask(*rows: str) -> np.ndarray:
    """Bool [H, W]: # is True."""
    return np.array([[letter == "#" for letter in row] for row in rows])


def counts(image: np.ndarray) -> tuple[int, int]:
    """How many 4-connected components are True, and 8-connected ones False, of a plane that is False elsewhere."""
    plane = np.pad(image, 1)
    return ndimage.label(plane)[1], ndimage.label(~plane, EIGHT)[1]


@pytest.mark.parametrize("density", (0.0, 0.3, 0.6, 0.9, 1.0))
def test_components_are_those_of_scipy(density: float) -> None:
    drawn = np.random.default_rng(0).random((40, 57)) < density
    found, (expected, count) = mask_topology.components(drawn), ndimage.label(drawn)
    assert len(set(zip(found.ravel().tolist(), expected.ravel().tolist()))) == len(np.unique(expected))
    assert (found[~drawn] == 0).all() and sorted(np.unique(found[drawn])) == list(range(1, count + 1))


def test_components_of_a_spiral_and_of_lines() -> None:
    spiral = mask("#########", "........#", "#######.#", "#.....#.#", "#.#####.#", "#.......#", "#########")
    assert mask_topology.components(spiral).max() == 1
    assert mask_topology.components(mask("#.##.#")).tolist() == [[1, 0, 2, 2, 0, 3]]
    assert mask_topology.components(mask("#", "#", ".", "#")).ravel().tolist() == [1, 1, 0, 2]


def test_simple_points_are_those_whose_flip_changes_no_count() -> None:
    random = np.random.default_rng(0)
    for _ in range(3000):
        image = random.random((7, 7)) < random.choice([0.3, 0.5, 0.7])
        code = sum(1 << bit for bit, (y, x) in enumerate(mask_topology.NEIGHBORS) if image[3 + y, 3 + x])
        flipped = image.copy()
        flipped[3, 3] ^= True
        assert mask_topology.SIMPLE[code] == (counts(image) == counts(flipped))


def test_a_warp_keeps_the_counts_and_leaves_no_simple_point() -> None:
    random = np.random.default_rng(1)
    for _ in range(30):
        source, target = (ndimage.gaussian_filter(random.normal(size=(2, 24, 31)), (0, 2, 2)) > 0)
        warped = mask_topology.warp(source, target)
        assert counts(warped) == counts(source)
        assert (warped != source).any() and ((warped == source) | (warped == target)).all()
        for row, column in zip(*np.nonzero(warped != target)):
            flipped = warped.copy()
            flipped[row, column] ^= True
            assert counts(flipped) != counts(warped)


def test_a_warp_is_nearly_the_best_there_is() -> None:
    """Against all images that flips towards the target, in any order, can make of the source."""
    random = np.random.default_rng(2)
    best = found = 0
    for _ in range(40):
        source, target = random.random((2, 4, 4)) < 0.5
        reached, edge = {source.tobytes()}, [source]
        while edge:
            image = edge.pop()
            for place in np.flatnonzero(image != target):
                flipped = image.copy()
                flipped.flat[place] ^= True
                if flipped.tobytes() not in reached and counts(flipped) == counts(image):
                    reached.add(flipped.tobytes())
                    edge.append(flipped)
        warped = mask_topology.warp(source, target)
        assert warped.tobytes() in reached
        best += min(np.count_nonzero(np.frombuffer(each, bool) != target.ravel()) for each in reached)
        found += np.count_nonzero(warped != target)
    assert best <= found <= 1.25 * best


def test_a_moved_border_costs_nothing() -> None:
    source = mask("........", ".##..##.", ".##..##.", ".##..##.", "........")
    target = mask("........", ".###.##.", ".###.##.", "..##.##.", "........")
    assert (mask_topology.warp(source, target) == target).all()


def test_a_merger_costs_its_narrowest_place() -> None:
    source = mask("##...##", "##...##", "##...##")
    target = mask("##...##", "#######", "##...##")
    warped = mask_topology.warp(source, target)
    assert np.argwhere(warped != target).shape == (1, 2) and counts(warped)[0] == 2


def test_a_split_costs_one_pixel_of_the_cut() -> None:
    source, target = mask("#####", "#####", "#####"), mask("##.##", "##.##", "##.##")
    assert np.count_nonzero(mask_topology.warp(source, target) != target) == 1


def test_what_is_new_or_lost_costs_all_but_its_last_pixel() -> None:
    nothing, blob = mask(".....", ".....", ".....", "....."), mask(".....", ".##..", ".##..", ".....")
    assert np.count_nonzero(mask_topology.warp(nothing, blob) != blob) == 4
    assert np.count_nonzero(mask_topology.warp(blob, nothing) != nothing) == 1
