"""Reads the regions listed on standard input with libvips through ctypes, in this one process: the slide is opened once with the
loader named (openslideload or tiffload), each region is cut out (extract_area), reduced with a box filter (shrink) and written
to memory. Arguments: slide, loader, level-0 side of a region in pixels, side of a tile. Prints seconds as JSON."""
import ctypes
import json
import resource
import sys
import time

path, loader, region_px, tile_px = sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4])
regions = json.load(sys.stdin)
vips = ctypes.CDLL("libvips.so.42")
pointer = ctypes.c_void_p
vips.vips_version_string.restype = ctypes.c_char_p
vips.vips_error_buffer.restype = ctypes.c_char_p
vips.vips_image_write_to_memory.restype = pointer
vips.vips_image_write_to_memory.argtypes = [pointer, ctypes.POINTER(ctypes.c_size_t)]
free = ctypes.CDLL("libglib-2.0.so.0").g_free
free.argtypes = [pointer]
unref = ctypes.CDLL("libgobject-2.0.so.0").g_object_unref
unref.argtypes = [pointer]


def check(status):
    if status != 0:
        sys.exit(vips.vips_error_buffer().decode())


check(vips.vips_init(b"read-with-libvips"))
vips.vips_concurrency_set(1)
slide = pointer()
check(getattr(vips, f"vips_{loader}")(path.encode(), ctypes.byref(slide), None))
before = resource.getrusage(resource.RUSAGE_SELF)
start = time.perf_counter()
total = 0
integer, real, none = ctypes.c_int, ctypes.c_double, pointer(None)
for x, y in regions:
    side = round(region_px)
    area, small = pointer(), pointer()
    left, top = integer(int(x)), integer(int(y))
    check(vips.vips_extract_area(slide, ctypes.byref(area), left, top, integer(side), integer(side), none))
    factor = real(side / tile_px)
    check(vips.vips_shrink(area, ctypes.byref(small), factor, factor, none))
    length = ctypes.c_size_t()
    data = vips.vips_image_write_to_memory(small, ctypes.byref(length))
    if not data:
        sys.exit(vips.vips_error_buffer().decode())
    total += length.value
    free(data)
    unref(small)
    unref(area)
wall = time.perf_counter() - start
after = resource.getrusage(resource.RUSAGE_SELF)
cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
version = f"libvips {vips.vips_version_string().decode()}, {loader}"
print(json.dumps({"wallSeconds": wall, "cpuSeconds": cpu, "bytes": total, "version": version}))
