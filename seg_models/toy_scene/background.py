"""What stands still behind the things: sky, ground, the end of the street, buildings, shadows."""

import numpy as np

from seg_models import dataset
from seg_models.toy_scene import camera, categories, facades, layer, layout, light, noise, paints

FLANK = 12.0
FOOT = 0.9
BLOCKS = 16
ASPHALT = (paints.ASPHALT, paints.ASPHALT, paints.ASPHALT, paints.BROWN)
SLABS = (paints.STONE, paints.STONE, paints.STONE, paints.BRICK)
WOODS = (paints.GREEN, paints.AUTUMN)


def draw(scene: layout.Scene, shadows: list[layer.Layer], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Colours float32 [H, W, 3] and categories (or void) uint8 [H, W] of all but things and trees.

    Args:
      shadows: layers that darken the ground.
    """
    view = scene.view
    color = np.empty((view.height, view.width, 3), np.float32)
    semantic = np.empty((view.height, view.width), np.uint8)
    _sky(scene, color, semantic, rng)
    _ground(scene, color, semantic, rng)
    for one in shadows:
        _shadow(scene, one, color)
    _end(scene, color, semantic, rng)
    for building in sorted(scene.buildings, key=lambda building: -building.near):
        _building(scene, building, facades.sample(rng), (color, semantic))
    return color, semantic


def _sky(scene: layout.Scene, color: np.ndarray, semantic: np.ndarray, rng: np.random.Generator) -> None:
    view, weather = scene.view, scene.weather
    rows = slice(0, min(view.height, int(np.ceil(view.horizon))))
    up = np.maximum(view.upward[rows], 0.004)
    blend = np.clip(up * np.float32(2.6), 0, 1)[..., None]
    depth = 1 / (up + np.float32(0.25))
    clouds = noise.at(noise.CLOUDS, view.across * depth * 55 + 0 * up, depth * 75, noise.shift(rng))
    cover = np.clip(clouds * np.float32(0.45) + np.float32(rng.uniform(-0.5, 0.7)), 0, 1)[..., None] * np.float32(0.85)
    white = weather.horizon * np.float32(0.6) + np.float32(0.36) + np.float32(0.06) * clouds[..., None]
    clear = weather.horizon + (weather.zenith - weather.horizon) * blend
    color[rows] = clear + (white - clear) * cover
    semantic[rows] = categories.SKY


def _ground(scene: layout.Scene, color: np.ndarray, semantic: np.ndarray, rng: np.random.Generator) -> None:
    view, street, weather = scene.view, scene.street, scene.weather
    rows = slice(min(view.height, int(np.ceil(view.horizon))), view.height)
    z = view.altitude / np.maximum(-view.upward[rows], 1e-4)
    x = view.across * z
    road = (x > street.left) & (x < street.right)
    if street.crossing:
        road |= (z > street.crossing[0] + 1) & (z < street.crossing[1] - 1)
    # Far away a pixel spans many grains; their mean is even.
    near = np.minimum(np.float32(9) / z, 1)
    shift = noise.shift(rng)
    fine = noise.at(noise.GRAIN, x * 60, z * 60 + 0 * x, shift) * near
    coarse = noise.at(noise.CLOUDS, x * 16, z * 6 + 0 * x, shift)
    asphalt = paints.pick(rng, *ASPHALT)
    slabs = paints.pick(rng, *SLABS)
    shade = 1 + np.float32(0.08) * fine + np.float32(0.05) * coarse
    ground = np.where(road[..., None], asphalt, slabs)
    _mark(street, x, z, road, ground)
    joint = (((x * np.float32(1.25)) % 1 < 0.1) | ((z * np.float32(0.9)) % 1 < 0.1)) & ~road
    shade -= np.float32(0.2) * joint * near
    shade *= _sunlit(scene, x, z) * np.float32(weather.on((0, 1, 0)))
    color[rows] = weather.through(ground * shade[..., None], z)
    semantic[rows] = np.where(road, categories.ROAD, categories.PAVEMENT)


def _mark(street: layout.Street, x: np.ndarray, z: np.ndarray, road: np.ndarray, ground: np.ndarray) -> None:
    """Centre line, zebra crossing and kerbs, into float32 [h, w, 3]."""
    white = np.float32(0.78)
    ground[(abs(x - street.middle) < 0.09) & (z % 5 < 2.6) & road] = white
    if street.zebra:
        ground[(abs(z - street.zebra) < 1.3) & ((x - street.left) % 1.0 < 0.5) & road] = white
    edge = np.minimum(abs(x - street.left), abs(x - street.right))
    ground[(edge < 0.2) & ~road] = np.float32(0.62)
    ground[(edge < 0.1) & road] *= np.float32(0.72)


def _sunlit(scene: layout.Scene, x: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Brightness of the ground under the shadows of the buildings on the sun's side, float32 [h, w]."""
    sun, street = scene.weather.sun, scene.street
    side = 1 if sun[0] > 0 else -1
    reach = np.zeros_like(z)
    for building in scene.buildings:
        if building.side == side:
            reach[(z >= building.near) & (z < building.far)] = building.height * abs(sun[0]) / sun[1]
    edge = (street.wall_right - x) if side > 0 else (x - street.wall_left)
    soft = np.clip((reach - edge) * np.float32(3), 0, 1)
    return 1 - soft * np.float32(1 - scene.weather.shadow())


def _shadow(scene: layout.Scene, one: layer.Layer, color: np.ndarray) -> None:
    """Darkens the ground under and beside a layer, away from the sun."""
    foot, sun = one.footprint, scene.weather.sun
    length = min(one.tall / sun[1], 3.0) * np.float32(0.5 if scene.weather.direct else 0.1)
    half_x, half_z = (foot.x1 - foot.x0) / 2, (foot.z1 - foot.z0) / 2
    x, z = (foot.x0 + foot.x1) / 2, (foot.z0 + foot.z1) / 2
    cast = (x - sun[0] * length, 0, z - sun[2] * length), length, 1 - scene.weather.shadow()
    contact = (x, 0, z), 0.0, 0.45
    for centre, grow, dark in (cast, contact):
        u, v = (half_x + 0.12 + abs(sun[0]) * grow, 0, 0), (0, 0, half_z + 0.12 + abs(sun[2]) * grow)
        ends = camera.corners(centre, u, v, (-1.2, 1.2, -1.2, 1.2))
        ends[:, 2] = np.maximum(ends[:, 2], 0.5)
        patch = camera.look(scene.view, centre, u, v, scene.view.window(ends))
        soft = np.clip((np.float32(1.2) - np.sqrt(patch.a * patch.a + patch.b * patch.b)) * np.float32(2.5), 0, 1)
        color[patch.rows, patch.columns] *= (1 - np.float32(dark) * soft)[..., None]


def _end(scene: layout.Scene, color: np.ndarray, semantic: np.ndarray, rng: np.random.Generator) -> None:
    """A skyline of far buildings and trees where the street ends; its foot is too far to tell: void."""
    view, far = scene.view, scene.street.end
    x = view.across[0] * far
    blocks = np.floor(x / np.float32(rng.uniform(9, 16)) + np.float32(rng.random())).astype(np.int32) & (BLOCKS - 1)
    wooded = np.full(BLOCKS, rng.random() < 0.35)
    tops = np.where(wooded, rng.uniform(5, 8, BLOCKS), rng.uniform(6, 15, BLOCKS)).astype(np.float32)[blocks]
    tops *= 1 + np.float32(0.1) * noise.at(noise.LEAVES, x * 12, 0 * x, noise.shift(rng)) * wooded[blocks]
    up = view.upward * np.float32(far) + np.float32(view.altitude)
    rows = slice(*np.flatnonzero((up > 0) & (up < tops.max()))[[0, -1]] + (0, 1))
    up = up[rows]
    mask = (up > 0) & (up < tops)
    colors = np.stack([paints.pick(rng, *(WOODS if one else facades.WALLS)) for one in wooded])
    shade = 1 + np.float32(0.1) * noise.at(noise.LEAVES, x * 16 + 0 * up, up * 16, noise.shift(rng))
    shade *= np.float32(scene.weather.on((0, 0, -1)))
    color[rows][mask] = scene.weather.through(colors[blocks] * shade[..., None], far)[mask]
    kinds = np.where(wooded[blocks], categories.TREE, categories.BUILDING)
    semantic[rows][mask] = np.where(up < FOOT, dataset.VOID, kinds)[mask]


def _building(
    scene: layout.Scene, building: layout.Building, style: facades.Style, canvas: tuple[np.ndarray, np.ndarray]
) -> None:
    """Paints the face across the street's direction, then the one along it, into (color, semantic)."""
    view, weather, side = scene.view, scene.weather, building.side
    wall = scene.street.wall_right if side > 0 else scene.street.wall_left
    faces = (
        ((wall, 0, building.near), (side, 0, 0), (0, 0, -1), FLANK),
        ((wall, 0, building.near), (0, 0, 1), (-side, 0, 0), building.far - building.near),
    )
    for origin, u, normal, length in faces:
        reach = (0.0, length, 0.0, building.height)
        window = view.window(camera.corners(origin, u, (0, 1, 0), reach))
        if window[1].start == window[1].stop:
            continue
        patch = camera.look(view, origin, u, (0, 1, 0), window)
        mask = (patch.a >= 0) & (patch.a < length) & (patch.b >= 0) & (patch.b < building.height)
        painted = facades.paint(style, patch.a, patch.b, building.height) * np.float32(weather.on(normal))
        painted = weather.through(painted, patch.z)
        canvas[0][patch.rows, patch.columns][mask] = painted[mask]
        canvas[1][patch.rows, patch.columns][mask] = categories.BUILDING
