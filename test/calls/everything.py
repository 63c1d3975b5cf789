"""Uses everything in belay.py, unsupervised: each call raises ENOSYS and changes nothing."""

import ctypes
import errno

import belay

kept = ctypes.c_uint64(7)
failures = 0
for name, call, error in (
    ("tsetjmp", belay.tsetjmp, errno.ENOSYS),
    ("tlongjmp", lambda: belay.tlongjmp(1, -1), errno.ENOSYS),
    ("tforget", lambda: belay.tforget(1), errno.ENOSYS),
    ("tkeep", lambda: belay.tkeep(kept), errno.ENOSYS),
    ("tkeep(address)", lambda: belay.tkeep(4096, 8), errno.ENOSYS),
    ("tlongjmp(2**32)", lambda: belay.tlongjmp(2**32, 0), OverflowError),
    ("tforget(-2**40)", lambda: belay.tforget(-(2**40)), OverflowError),
    ("tkeep(-1)", lambda: belay.tkeep(-1, 8), OverflowError),
):
    try:
        result = call()
    except OSError as exception:
        outcome = exception.errno
    except OverflowError:
        outcome = OverflowError
    else:
        outcome = f"returned {result}"
    if outcome != error:
        print(f"{name}: {outcome}")
        failures += 1
if kept.value != 7:
    print("memory was changed")
    failures += 1
print(f"{failures} failures")
