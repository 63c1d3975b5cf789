"""A Python program that ruins one of its objects three times, and counts that in kept memory."""

import ctypes

import belay

falls = ctypes.c_int(0)
belay.tkeep(falls)
words = ["all", "is", "as", "it", "was"]

point = belay.tsetjmp()
print(f"point {point.cd}, {point.cause}, falls: {falls.value}, {' '.join(words)}", flush=True)
if falls.value < 3:
    falls.value += 1
    ctypes.memset(id(words), 0xFF, 64)  # the list is no object any more
    print(words)
belay.tforget(point.cd)
