"""Waits, with eight busy threads, for somebody to supervise it; then falls and comes back."""

import ctypes
import errno
import threading
import time

import belay

THREADS = 8
FALLS = 20

counts = [0] * THREADS


def work(index: int) -> None:
    while True:
        counts[index] += 1
        time.sleep(0.001)


def wait_for_supervision() -> belay.Point:
    while True:
        try:
            return belay.tsetjmp()
        except OSError as error:
            if error.errno != errno.ENOSYS:
                raise
        time.sleep(0.005)


for thread_index in range(THREADS):
    threading.Thread(target=work, args=(thread_index,), daemon=True).start()
print("waiting", flush=True)
point = wait_for_supervision()
for fall in range(FALLS):
    if point.cause == belay.SAVED:
        counts.clear()
        ctypes.memset(id(counts), 0xA5, 4096)
        ctypes.string_at(0)
    before = list(counts)
    while any(now <= then for now, then in zip(counts, before)):
        time.sleep(0.001)
    point = belay.tsetjmp()
print("ok", flush=True)
