"""belay.py under belay: every call, its result or its error, a real fall, and a kept counter."""

import ctypes
import errno
import os
import sys

import belay


def expect(condition: bool, what: str) -> None:
    if not condition:
        print(f"not so: {what}")
        sys.stdout.flush()
        os._exit(1)


def error_of(call) -> int:
    try:
        call()
    except OSError as exception:
        return exception.errno
    return 0


falls = ctypes.c_uint64(0)
belay.tkeep(falls)
table = {str(key): [key] * 10 for key in range(10_000)}
point = belay.tsetjmp()
expect(point.cd == 1, "the first descriptor is 1")
expect(len(table) == 10_000 and table["77"] == [77] * 10, "the table is whole")
expect(falls.value == point.rollbacks, "the counter is kept")
if point.rollbacks > 0:
    by_signal = point.rollbacks % 2 == 0
    expect(point.cause == (belay.SIGNAL if by_signal else belay.LONGJMP), "the cause")
    expect(point.value == (0 if by_signal else -int(point.rollbacks)), "the value")
    expect(not by_signal or (point.signo == 11 and point.address == 8), "signal and address")
if point.rollbacks < 20:
    falls.value += 1
    table.clear()
    if point.rollbacks % 2 == 1:
        ctypes.memset(8, 1, 1)
    belay.tlongjmp(point.cd, -int(falls.value))
expect(error_of(lambda: belay.tlongjmp(999, 0)) == errno.EBADF, "EBADF of tlongjmp")
expect(error_of(lambda: belay.tkeep(8, 1)) == errno.EFAULT, "EFAULT of tkeep")
expect(error_of(lambda: belay.tkeep(8, 0)) == errno.EINVAL, "EINVAL of tkeep")
belay.tforget(point.cd)
expect(error_of(lambda: belay.tforget(point.cd)) == errno.EBADF, "EBADF of tforget")
print("ok")
