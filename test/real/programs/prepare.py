"""Sets up everything that exec passes on in an unusual way, and execs the command given."""

import os
import resource
import signal
import sys

signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1, signal.SIGTERM, signal.SIGCHLD})
for ignored in (signal.SIGHUP, signal.SIGQUIT, signal.SIGXFSZ, signal.SIGRTMIN + 3):
    signal.signal(ignored, signal.SIG_IGN)
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
signal.setitimer(signal.ITIMER_REAL, 500)
os.kill(os.getpid(), signal.SIGUSR1)
os.umask(0o027)
os.nice(5)
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
resource.setrlimit(resource.RLIMIT_NOFILE, (200, 300))
resource.setrlimit(resource.RLIMIT_CORE, (0, 4096))
resource.setrlimit(resource.RLIMIT_STACK, (4 << 20, 64 << 20))
os.dup2(os.open("/dev/null", os.O_RDWR), 17)
os.dup2(os.open("/proc/version", os.O_RDONLY), 99)
os.open("/dev/zero", os.O_RDONLY | os.O_CLOEXEC)
environment = {b"HOME": b"", b"odd name": b"a\nb", b"bytes": b"\xff\xfe"}
for name in (b"PATH", b"BELAY_DIR", b"PARENT"):
    environment[name] = os.environb[name]
os.chdir("/usr/share")
os.execvpe(sys.argv[1], sys.argv[1:], environment)
