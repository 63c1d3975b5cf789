"""Prints what a program was started with, as JSON: all that exec passes on."""

import json
import os
import resource
import signal


def limits() -> dict:
    names = sorted(name for name in dir(resource) if name.startswith("RLIMIT_"))
    return {name: resource.getrlimit(getattr(resource, name)) for name in names}


def status(*names: str) -> dict:
    with open("/proc/self/status") as file:
        fields = dict(line.split(":", 1) for line in file)
    return {name: fields[name].strip() for name in names}


def descriptors() -> dict:
    # The one of the listing itself is closed again when the links are read.
    found = {}
    for name in sorted(os.listdir("/proc/self/fd"), key=int):
        try:
            found[name] = [os.readlink(f"/proc/self/fd/{name}"), os.get_inheritable(int(name))]
        except OSError:
            pass
    return found


def read(path: str) -> str:
    with open(path, "rb") as file:
        return file.read().decode("latin1")


umask = os.umask(0)
print(
    json.dumps(
        {
            "command": read("/proc/self/cmdline").split("\0"),
            "environment": read("/proc/self/environ").split("\0"),
            "executable": os.readlink("/proc/self/exe"),
            "directory": os.getcwd(),
            "umask": umask,
            "niceness": os.nice(0),
            "affinity": sorted(os.sched_getaffinity(0)),
            "limits": limits(),
            "descriptors": descriptors(),
            "signals": status("SigBlk", "SigIgn", "SigCgt", "SigPnd", "ShdPnd"),
            "rights": status("Uid", "Gid", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"),
            "parent": os.getppid() == int(os.environ.get("PARENT", os.getppid())),
            "leads_group": os.getpgid(0) == os.getpid(),
            "session_is_parents": os.getsid(0) == os.getsid(os.getppid()),
            "children": read(f"/proc/self/task/{os.getpid()}/children"),
            "alarm": signal.getitimer(signal.ITIMER_REAL)[0] > 0,
        }
    )
)
