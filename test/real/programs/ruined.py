"""A Python program that destroys itself again and again: ROUNDS FILE; `alone N` just falls.

Each round it makes a point, ruins its own memory through ctypes, and returns to the point: in turn
by tlongjmp and by a real fault. What it had at the point must then be there and work: objects, a
thread and its lock, timers, garbage collection and an open file.
"""

import ctypes
import gc
import os
import queue
import sys
import threading
import time
import weakref

import belay

LIBC = ctypes.CDLL(None)
TIMER_SECONDS = 0.001
# What ruins a lock may hang instead of falling: such a program needs somebody who notices.
HANG_SECONDS = 20
# A thread that ended since the point comes back with its own id, which only root may choose.
MAY_END_THREADS = os.geteuid() == 0


class Node:
    """A cycle with itself, which only the garbage collector can free."""

    def __init__(self) -> None:
        self.itself = self


class Ticker(threading.Thread):
    """Counts as fast as the lock and the sleeps allow."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.changed = threading.Condition()
        self.count = 0
        self.sleep = time.sleep

    def run(self) -> None:
        while True:
            with self.changed:
                self.count += 1
                self.changed.notify_all()
            self.sleep(0.001)

    def wait_for_more(self) -> None:
        with self.changed:
            now = self.count
            expect(self.changed.wait_for(lambda: self.count > now, 10), "the thread goes on")


class Bell(threading.Thread):
    """Sets each event it is given, a moment later; never ends."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.events = queue.SimpleQueue()
        self.sleep = time.sleep

    def run(self) -> None:
        while True:
            event = self.events.get()
            self.sleep(0.001)
            event.set()


def expect(condition: bool, what: str) -> None:
    if not condition:
        os.write(2, f"not so: {what}\n".encode())
        os._exit(1)


def writable_mappings() -> list:
    found = []
    with open("/proc/self/maps") as maps:
        for line in maps:
            addresses, mode, _, _, inode = line.split()[:5]
            if mode.startswith("rw") and inode == "0" and "[stack]" not in line:
                start, end = (int(text, 16) for text in addresses.split("-"))
                found.append((start, end - start))
    return found


def noise_over_memory() -> None:
    for address, size in writable_mappings():
        ctypes.memset(address, 0xA5, size)


def wild_write() -> None:
    ctypes.memset(0x10, 1, 1)


def null_call() -> None:
    ctypes.CFUNCTYPE(None)(0)()


def smash_types() -> None:
    for each in (int, str, dict, list, tuple):
        ctypes.memset(id(each) + 16, 0xFF, 256)
    print([str(number) for number in range(1000)])


def abort() -> None:
    LIBC.abort()


FATAL = (wild_write, noise_over_memory, null_call, smash_types, abort)


def lose_the_table(table: dict) -> None:
    for value in table.values():
        ctypes.memset(id(value) + 16, 0x5A, 16)


def lose_small_integers(table: dict) -> None:
    for number in range(200, 257):
        ctypes.memset(id(number) + 24, 0x77, 4)


def lose_modules(table: dict) -> None:
    table.clear()
    sys.modules.clear()
    globals().clear()


HARMFUL = (lose_the_table, lose_small_integers, lose_modules)


def ruin(cd: int, number: int, table: dict, file) -> None:
    file.write("?" * 12 + "\n")
    file.flush()
    gc.collect()
    LIBC.alarm(HANG_SECONDS)
    if number % 2 == 0:
        tlongjmp = belay.tlongjmp
        HARMFUL[number // 2 % len(HARMFUL)](table)
        tlongjmp(cd, number)
    FATAL[number // 2 % len(FATAL)]()
    expect(False, f"round {number} falls")


def check_cause(point: belay.Point, number: int) -> None:
    if number % 2 == 0:
        expect(point.cause == belay.LONGJMP and point.value == number, f"jump {number}")
        return
    expect(point.cause == belay.SIGNAL, f"fault {number}: {point}")
    expect(point.signo in (6, 7, 11, 14), f"signal of fault {number}: {point}")


def do_round(number: int, table: dict, ticker: Ticker, bell: Bell, file) -> None:
    node = Node()
    alive = weakref.ref(node)
    del node
    rung, timed = threading.Event(), threading.Event()
    bell.events.put(rung)
    timer = threading.Timer(TIMER_SECONDS, timed.set)
    if MAY_END_THREADS:
        timer.start()
    point = belay.tsetjmp()
    if point.cause == belay.SAVED:
        ruin(point.cd, number, table, file)
    LIBC.alarm(0)
    check_cause(point, number)
    expect(len(table) == 2000 and table["77"] == [77] * 4, "the table is whole")
    expect(sum(range(256)) == 32640, "small integers are themselves")
    expect(alive() is not None, "what was collected since is back")
    gc.collect()
    expect(alive() is None, "garbage is collected")
    expect(rung.wait(10), "the bell rings")
    if MAY_END_THREADS:
        expect(timed.wait(10), "the timer rings")
        timer.join()
    ticker.wait_for_more()
    belay.tforget(point.cd)
    file.write(f"round {number:6}\n")
    file.flush()


def main() -> None:
    if sys.argv[1] == "alone":
        FATAL[int(sys.argv[2])]()
    rounds = int(sys.argv[1])
    table = {str(key): [key] * 4 for key in range(2000)}
    ticker, bell = Ticker(), Bell()
    ticker.start()
    bell.start()
    gc.disable()
    with open(sys.argv[2], "w") as file:
        for number in range(rounds):
            do_round(number, table, ticker, bell, file)
    print("ok", rounds, flush=True)


main()
