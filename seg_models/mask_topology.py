"""What a binary image is made of: its components, and how far it can be bent without tearing. Numpy only.

True pixels are 4-connected, False ones 8-connected, and what lies outside of the image is False.
"""

import collections

import numpy as np

# A pixel's neighbours, in the order of the bits of their code.
NEIGHBORS = ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1))


def components(mask: np.ndarray) -> np.ndarray:
    """Bool [H, W] -> int64 [H, W]: 0 where False, else the 4-connected components from 1 on, in no given order."""
    starts = mask & ~np.pad(mask, ((0, 0), (1, 0)))[:, :-1]
    runs = np.where(mask, np.cumsum(starts).reshape(mask.shape), 0)  # each row's stretches of True
    above, below = runs[:-1], runs[1:]
    touching = (above > 0) & (below > 0)
    pairs = np.unique(np.stack([above[touching], below[touching]]), axis=1)
    root = np.arange(starts.sum() + 1)
    while (root[pairs[0]] != root[pairs[1]]).any():
        ends = np.sort(root[pairs], axis=0)
        np.minimum.at(root, ends[1], ends[0])
        while (root[root] != root).any():
            root = root[root]
    return np.unique(root, return_inverse=True)[1][runs]


def warp(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The source bent towards the target: no part of it is torn, joined, made or lost (Jain et al., CVPR 2010).

    Pixels that differ are flipped one after the other, those next to a flipped one after those that waited longer,
    where that changes no component of either kind (simple points: Bertrand and Malandain, 1994), until none is left
    that could be. As in the publication the search is greedy: what remains is a local minimum of the difference.

    Args:
      source, target: bool [H, W].

    Returns:
      Bool [H, W].
    """
    width = source.shape[1] + 2
    state, goal = (bytearray(np.pad(mask, 1).astype(np.uint8).tobytes()) for mask in (source, target))
    waiting = collections.deque(np.flatnonzero(np.pad(source != target, 1)).tolist())
    is_waiting = bytearray(len(state))
    for place in waiting:
        is_waiting[place] = 1
    steps = [down * width + right for down, right in NEIGHBORS]
    while waiting:
        place = waiting.popleft()
        is_waiting[place] = 0
        code = 0
        for bit, step in enumerate(steps):
            code |= state[place + step] << bit
        if not SIMPLE[code]:
            continue
        state[place] ^= 1
        for step in steps:
            beside = place + step
            if state[beside] != goal[beside] and not is_waiting[beside]:
                is_waiting[beside] = 1
                waiting.append(beside)
    return np.frombuffer(state, np.uint8).reshape(-1, width)[1:-1, 1:-1].astype(bool)


def _is_simple(code: int) -> bool:
    """Whether a pixel with these neighbours may be flipped: one component of either kind touches it."""
    on = {place for bit, place in enumerate(NEIGHBORS) if code >> bit & 1}
    beside = {place for place in NEIGHBORS if 0 in place}
    return _parts(on, beside, reach=1) == 1 and _parts(set(NEIGHBORS) - on, set(NEIGHBORS), reach=2) == 1


def _parts(places: set[tuple[int, int]], touching: set[tuple[int, int]], reach: int) -> int:
    """How many components of `places` hold one of `touching`; neighbours are `reach` squared apart at most."""
    places, count = set(places), 0
    while places:
        part, edge = set(), [places.pop()]
        while edge:
            row, column = edge.pop()
            part.add((row, column))
            near = {(y, x) for y, x in places if (y - row) ** 2 + (x - column) ** 2 <= reach}
            places -= near
            edge.extend(near)
        count += bool(part & touching)
    return count


SIMPLE = bytes(_is_simple(code) for code in range(256))
