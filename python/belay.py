"""belay's calls for Python programs: fallback points set by the program itself.

One file, no dependency: copy it or put its directory on PYTHONPATH. Each function is one system
call that the supervisor (`belay run`, `belay attach`) answers; not supervised, it raises OSError
with errno ENOSYS and has no other effect. The calls are described in full in include/belay.h.

    import belay

    point = belay.tsetjmp()
    if point.cause == belay.SIGNAL:
        print(f"fell with signal {point.signo} at {point.ip:#x}")
"""

import ctypes
import os
from typing import NamedTuple, Union

SAVED = "saved"
LONGJMP = "longjmp"
SIGNAL = "signal"
HANG = "hang"
OPERATOR = "operator"

_CAUSES = (SAVED, LONGJMP, SIGNAL, HANG, OPERATOR)

_SYS_TSETJMP = 0xBE01
_SYS_TLONGJMP = 0xBE02
_SYS_TFORGET = 0xBE03
_SYS_TKEEP = 0xBE04

_INT32 = range(-(2**31), 2**31)
_UINT64 = range(0, 2**64)

_syscall = ctypes.CDLL(None, use_errno=True).syscall
_syscall.restype = ctypes.c_long
_syscall.argtypes = (ctypes.c_long, ctypes.c_void_p, ctypes.c_size_t)


class _Tjmp(ctypes.Structure):
    """struct tjmp: 56 bytes, no padding."""

    _fields_ = (
        ("size", ctypes.c_uint32),
        ("cause", ctypes.c_uint32),
        ("value", ctypes.c_int32),
        ("signo", ctypes.c_int32),
        ("code", ctypes.c_int32),
        ("tid", ctypes.c_int32),
        ("address", ctypes.c_uint64),
        ("ip", ctypes.c_uint64),
        ("rollbacks", ctypes.c_uint64),
        ("lost", ctypes.c_uint64),
    )


class Point(NamedTuple):
    """What tsetjmp returns: the checkpoint descriptor, and why it returned."""

    cd: int
    cause: str  # SAVED, LONGJMP, SIGNAL, HANG or OPERATOR
    value: int  # LONGJMP: tlongjmp's second argument
    signo: int  # SIGNAL: si_signo
    code: int  # SIGNAL: si_code
    tid: int  # the thread that fell
    address: int  # the address whose use was the fault
    ip: int  # the instruction that faulted
    rollbacks: int  # how often this point has been returned to
    lost: int  # what did not come back as it was: the TJMP_LOST_ bits of belay.h


def _call(number: int, first: int, second: int) -> int:
    result = _syscall(number, first & (2**64 - 1), second & (2**64 - 1))
    if result == -1:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result


def _require(value: int, limits: range, name: str) -> int:
    # ctypes truncates integers silently, so they are checked before the call.
    if value not in limits:
        raise OverflowError(f"{name} is out of range: {value}")
    return value


def tsetjmp() -> Point:
    """Make a fallback point of the whole process.

    Returns again, with the same cd and another cause, after each rollback to the point.
    """
    why = _Tjmp()
    cd = _call(_SYS_TSETJMP, ctypes.addressof(why), ctypes.sizeof(why))
    return Point(
        cd,
        _CAUSES[why.cause],
        why.value,
        why.signo,
        why.code,
        why.tid,
        why.address,
        why.ip,
        why.rollbacks,
        why.lost,
    )


def tlongjmp(cd: int, value: int) -> None:
    """Put the whole process back on the point cd; does not return.

    OSError EBADF: not live; ENOTRECOVERABLE: it cannot go back there as it is now.
    """
    _call(_SYS_TLONGJMP, _require(cd, _INT32, "cd"), _require(value, _INT32, "value"))


def tforget(cd: int) -> None:
    """Release the point cd; all others stay as they are. OSError EBADF: not live."""
    _call(_SYS_TFORGET, _require(cd, _INT32, "cd"), 0)


def tkeep(range_: Union[int, ctypes.Structure, ctypes.Array, ctypes._SimpleCData], size: int = -1):
    """Let these bytes survive rollbacks from now on: a ctypes object, or an address and a size.

    A ctypes object is held for the life of the process, since its memory must stay where it is.
    """
    if isinstance(range_, int):
        address = _require(range_, _UINT64, "address")
        _call(_SYS_TKEEP, address, _require(size, _UINT64, "size"))
        return
    _call(_SYS_TKEEP, ctypes.addressof(range_), ctypes.sizeof(range_))
    _kept.append(range_)


_kept: list = []
