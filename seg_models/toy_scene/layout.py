"""What stands where: the street, its buildings, and the places of things and trees."""

import dataclasses
import itertools

import numpy as np

from seg_models.toy_scene import camera, categories, layer, light


# How likely 0, 1, 2, 3 of them are: cars, persons, signs.
COUNTS = ((0.1, 0.3, 0.35, 0.25), (0.1, 0.45, 0.45, 0.0), (0.1, 0.55, 0.35, 0.0))


@dataclasses.dataclass(frozen=True)
class Street:
    """A straight street along z, as x in metres.

    Attributes:
      left, right: edges of the road; middle: its centre line.
      wall_left, wall_right: where the buildings begin.
      crossing: z range of a cross street; zebra: z of a pedestrian crossing; None where there is none.
      end: z where the street ends.
    """

    left: float
    right: float
    middle: float
    wall_left: float
    wall_right: float
    crossing: tuple[float, float] | None
    zebra: float | None
    end: float


@dataclasses.dataclass(frozen=True)
class Building:
    """A block along the street: `side` -1 or 1, from z = near to far."""

    side: int
    near: float
    far: float
    height: float


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a thing or tree stands: its centre, its size and the direction that it heads to (0: along z)."""

    category: int
    x: float
    z: float
    width: float
    length: float
    height: float
    heading: float = 0.0

    @property
    def footprint(self) -> layer.Footprint:
        """The ground that it covers."""
        cos, sin = abs(np.cos(self.heading)), abs(np.sin(self.heading))
        half_x, half_z = (cos * self.width + sin * self.length) / 2, (sin * self.width + cos * self.length) / 2
        return layer.Footprint(self.x - half_x, self.x + half_x, self.z - half_z, self.z + half_z)


@dataclasses.dataclass(frozen=True, eq=False)
class Scene:
    """All that decides a picture, but for surfaces' details."""

    view: camera.Camera
    weather: light.Light
    street: Street
    buildings: tuple[Building, ...]
    places: tuple[Place, ...]


def sample(rng: np.random.Generator, height: int, width: int) -> Scene:
    """A random scene for a frame of that size."""
    view = _camera(rng, height, width)
    street = _street(rng)
    buildings = tuple(building for side in (-1, 1) for building in _buildings(rng, street, side))
    return Scene(view, light.sample(rng), street, buildings, _places(rng, view, street))


def _camera(rng: np.random.Generator, height: int, width: int) -> camera.Camera:
    focal = rng.uniform(1.02, 1.15) * min(height, width)
    return camera.Camera(
        height, width, focal, width * rng.uniform(0.42, 0.58), height * rng.uniform(0.39, 0.46), rng.uniform(2.1, 2.6)
    )


def _street(rng: np.random.Generator) -> Street:
    near_edge, far_edge = rng.uniform(1.6, 2.4), rng.uniform(3.4, 4.8)
    near_wall, far_wall = near_edge + rng.uniform(3.4, 5.0), far_edge + rng.uniform(3.2, 4.8)
    start = rng.uniform(13, 26)
    crossing = (start, start + rng.uniform(6, 9)) if rng.random() < 0.35 else None
    zebra = rng.uniform(5, 8) if rng.random() < 0.3 else None
    middle = (near_edge - far_edge) / 2
    end = rng.uniform(60, 100)
    if rng.random() < 0.5:
        return Street(-far_edge, near_edge, middle, -far_wall, near_wall, crossing, zebra, end)
    return Street(-near_edge, far_edge, -middle, -near_wall, far_wall, crossing, zebra, end)


def _buildings(rng: np.random.Generator, street: Street, side: int) -> list[Building]:
    """One side's blocks from near to far, with gaps, clear of the cross street."""
    buildings, z = [], 1.0
    tallest = rng.uniform(5, 13)
    while z < street.end - 4:
        far = z + rng.uniform(7, 15)
        if street.crossing and far > street.crossing[0] and z < street.crossing[1]:
            room = street.crossing[0] - z > 4
            z, far = (z, street.crossing[0]) if room else (street.crossing[1], street.crossing[1] + 8)
        if rng.random() < 0.86:
            buildings.append(Building(side, z, far, tallest * rng.uniform(0.6, 1.0)))
        z = far
    return buildings


def _places(rng: np.random.Generator, view: camera.Camera, street: Street) -> tuple[Place, ...]:
    """Places that do not overlap on the ground: 3 to 7 things, and trees."""
    while True:
        cars, persons, signs = (int(rng.choice(4, p=chances)) for chances in COUNTS)
        if 3 <= cars + persons + signs <= 7:
            break
    trees = int(rng.choice(5, p=(0.08, 0.2, 0.3, 0.27, 0.15)))
    places: list[Place] = []
    kinds = ((_sign, signs, 0.5), (_car, cars, 0.4), (_person, persons, 0.25), (_tree, trees, 0.2))
    for propose, count, margin in kinds:
        for _ in range(count):
            tries = (propose(rng, view, street) for _ in range(40))
            free = (place for place in tries if place and not _crowded(place, places, margin))
            places.extend(itertools.islice(free, 1))
    return tuple(places)


def _crowded(place: Place, others: list[Place], margin: float) -> bool:
    return any(place.footprint.overlaps(other.footprint, margin) for other in others)


def _between(rng: np.random.Generator, low: float, high: float, reach: tuple[float, float]) -> float | None:
    """A random number in both ranges, None where they do not meet."""
    low, high = max(low, reach[0]), min(high, reach[1])
    return rng.uniform(low, high) if low < high else None


def _car(rng: np.random.Generator, view: camera.Camera, street: Street) -> Place | None:
    ahead = 1 if street.right < -street.left else -1
    lanes = {1: (street.middle + street.right) / 2, -1: (street.left + street.middle) / 2}
    tall = rng.random() < 0.22
    width, length = rng.uniform(1.75, 1.95), rng.uniform(3.7, 4.6)
    height = rng.uniform(1.95, 2.3) if tall else rng.uniform(1.4, 1.7)
    way = rng.random()
    along = rng.choice((0.0, np.pi)) + rng.normal(0, 0.05)
    if way < 0.25:
        x, z, heading = lanes[ahead] + rng.normal(0, 0.2), rng.uniform(8.5, 16), rng.normal(0, 0.04)
    elif way < 0.5:
        x, z, heading = lanes[-ahead] + rng.normal(0, 0.2), rng.uniform(8, 15.5), np.pi + rng.normal(0, 0.04)
    elif way < 0.82:
        edge = street.left + width / 2 if rng.random() < 0.5 else street.right - width / 2
        x, z, heading = edge + rng.uniform(-0.2, 0.2), rng.uniform(7, 15), along
    else:
        x, z = rng.uniform(street.left, street.right), rng.uniform(9, 15)
        heading = rng.choice((-1, 1)) * np.pi / 2 + rng.normal(0, 0.35)
    low, high = view.reach(z, margin=0.2)
    return Place(categories.CAR, x, z, width, length, height, heading) if low < x < high else None


def _pavement(rng: np.random.Generator, street: Street) -> tuple[float, float]:
    """The x range of a random side's pavement."""
    return (street.wall_left, street.left) if rng.random() < 0.5 else (street.right, street.wall_right)


def _person(rng: np.random.Generator, view: camera.Camera, street: Street) -> Place | None:
    z = street.zebra + rng.uniform(-0.8, 0.8) if street.zebra and rng.random() < 0.5 else rng.uniform(4.6, 7.8)
    low, high = _pavement(rng, street) if rng.random() < 0.7 else (street.left, street.right)
    x = _between(rng, low + 0.3, high - 0.3, view.reach(z, margin=0.3))
    return None if x is None else Place(categories.PERSON, x, z, 0.75, 0.4, rng.uniform(1.6, 1.95))


def _sign(rng: np.random.Generator, view: camera.Camera, street: Street) -> Place | None:
    z = rng.uniform(5.0, 9.0)
    low, high = _pavement(rng, street)
    x = _between(rng, low + 0.5, high - 0.4, view.reach(z, margin=0.7))
    return None if x is None else Place(categories.SIGN, x, z, 0.6, 0.3, rng.uniform(2.1, 2.6))


def _tree(rng: np.random.Generator, view: camera.Camera, street: Street) -> Place | None:
    bush = rng.random() < 0.25
    z = rng.uniform(5.5, 11) if bush else rng.uniform(7, 22)
    low, high = _pavement(rng, street)
    x = _between(rng, low + 0.3, high - 0.3, view.reach(z, margin=-0.6))
    height = rng.uniform(0.9, 1.5) if bush else rng.uniform(4.5, 8.0)
    return None if x is None else Place(categories.TREE, x, z, 1.2 if bush else 0.5, 0.5, height)
