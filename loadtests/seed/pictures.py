"""Pictures: landscapes drawn from a name, the same bytes each time (for the Pillow of requirements.lock).

A picture is drawn anew in each size that WordPress makes of an upload, since scaling costs ten times as much as drawing.
"""

import base64
import io
from collections.abc import Callable
from functools import cache

from PIL import Image, ImageDraw

from loadtests.seed.chance import Chance

WIDTH, HEIGHT = 768, 512
SIZES = {"medium": (300, 200), "thumbnail": (150, 150)}
SKIES = 6
ROOM = 32
QUALITY = 82
GROUND = ((86, 120, 70), (120, 134, 84), (70, 100, 110), (140, 120, 86), (96, 96, 104), (58, 92, 60))
AIR = ((150, 190, 226), (236, 188, 140), (190, 200, 210), (120, 160, 214), (226, 210, 190), (170, 206, 214))
Colour = tuple[int, int, int]
Scene = list[Callable[[ImageDraw.ImageDraw, float], None]]


def picture(*name: object) -> dict[str, str]:
    """Return the JPEGs of one picture in base64: ``full`` and one for each of SIZES."""
    chance = Chance("picture", *name)
    sky, at, scene = chance.between(0, SKIES - 1), (chance.between(0, ROOM), chance.between(0, ROOM)), _scene(chance)
    full = _drawn(sky, at, scene, (WIDTH, HEIGHT))
    return {"full": full, **{size: _drawn(sky, at, scene, extent) for size, extent in SIZES.items()}}


def _drawn(sky: int, at: tuple[int, int], scene: Scene, extent: tuple[int, int]) -> str:
    """Draw the scene as high as ``extent`` is, and cut its middle out."""
    height = extent[1]
    width = WIDTH * height // HEIGHT
    image = _sky(sky, width, height).crop((at[0], at[1], at[0] + width, at[1] + height))
    pen = ImageDraw.Draw(image)
    for stroke in scene:
        stroke(pen, height / HEIGHT)
    left = (width - extent[0]) // 2
    out = io.BytesIO()
    image.crop((left, 0, left + extent[0], height)).save(out, "JPEG", quality=QUALITY)
    return base64.b64encode(out.getvalue()).decode()


def _scene(chance: Chance) -> Scene:
    far = 0.35 + 0.2 * chance.share()
    strokes: Scene = [_sun(chance)]
    strokes += [_hill(chance, far + 0.15 * step, 1 - 0.2 * step) for step in range(3)]
    strokes += [_house(chance) for _ in range(chance.between(1, 5))]
    return strokes


def _sun(chance: Chance) -> Callable[[ImageDraw.ImageDraw, float], None]:
    x, y, radius = chance.between(60, WIDTH - 60), chance.between(40, 180), chance.between(18, 50)
    return lambda pen, scale: pen.ellipse([scale * (x - radius), scale * (y - radius), scale * (x + radius), scale * (y + radius)], fill=(252, 236, 170))


def _hill(chance: Chance, top: float, light: float) -> Callable[[ImageDraw.ImageDraw, float], None]:
    colour = _lighter(chance.pick(GROUND), light)
    ridge = [(WIDTH * step / 8, HEIGHT * (top + 0.12 * chance.share())) for step in range(9)]
    line = [(0.0, float(HEIGHT)), *ridge, (float(WIDTH), float(HEIGHT))]
    return lambda pen, scale: pen.polygon([(scale * x, scale * y) for x, y in line], fill=colour)


def _house(chance: Chance) -> Callable[[ImageDraw.ImageDraw, float], None]:
    left, top = chance.between(0, WIDTH - 160), chance.between(HEIGHT // 2, HEIGHT - 160)
    wide, high, colour = chance.between(60, 160), chance.between(40, 120), _lighter(chance.pick(GROUND), 0.5 + chance.share())
    lit = [chance.share() < 0.5 for _ in range(12)]  # noqa: PLR2004 - half of the windows

    def draw(pen: ImageDraw.ImageDraw, scale: float) -> None:
        pen.rectangle([scale * left, scale * top, scale * (left + wide), scale * (top + high)], fill=colour)
        for at, light in enumerate(lit):
            x, y = left + wide * (1 + 2 * (at % 6)) / 13, top + high * (1 + 2 * (at // 6)) / 5
            fill = (250, 230, 150) if light else (50, 56, 66)
            pen.rectangle([scale * x, scale * y, scale * (x + wide / 13), scale * (y + high / 5)], fill=fill)

    return draw


def _lighter(colour: Colour, light: float) -> Colour:
    red, green, blue = (min(255, int(part * light)) for part in colour)
    return red, green, blue


@cache
def _sky(number: int, width: int, height: int) -> Image.Image:
    """Return a sky with clouds, a little larger than what is cut out of it."""
    chance = Chance("sky", number)
    grid = Image.new("RGB", (24, 16))
    for y in range(16):
        for x in range(24):
            grid.putpixel((x, y), _lighter(AIR[number], 0.75 + y / 40 + 0.2 * chance.share()))
    return grid.resize((width + ROOM, height + ROOM), Image.Resampling.BICUBIC)
