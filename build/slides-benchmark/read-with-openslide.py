"""Reads the regions listed on standard input with OpenSlide (python3-openslide) in this one process and thread, and reduces each
to a square tile with Pillow's box filter. Arguments: slide, level-0 side of a region in pixels, side of a tile.
Prints wall and processor seconds of the reading as JSON; starting Python and opening the slide are not counted."""
import json
import math
import resource
import sys
import time

import openslide
from PIL import Image

path, region_px, tile_px = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
regions = json.load(sys.stdin)
slide = openslide.OpenSlide(path)
before = resource.getrusage(resource.RUSAGE_SELF)
start = time.perf_counter()
total = 0
# A region may begin and end between pixels; the box says where.
side = math.ceil(region_px) + 1
for x, y in regions:
    left, top = int(x), int(y)
    image = slide.read_region((left, top), 0, (side, side)).convert("RGB")
    box = (x - left, y - top, x - left + region_px, y - top + region_px)
    tile = image.resize((tile_px, tile_px), Image.BOX, box=box).tobytes()
    total += len(tile)
wall = time.perf_counter() - start
after = resource.getrusage(resource.RUSAGE_SELF)
cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
version = f"OpenSlide {openslide.__library_version__}, python3-openslide {openslide.__version__}"
print(json.dumps({"wallSeconds": wall, "cpuSeconds": cpu, "bytes": total, "version": version}))
