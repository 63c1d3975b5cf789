/**
 * What calls on descriptors take: constants of fcntl.h, socket.h and epoll.h, and their structs.
 *
 * Source: fcntl(2), open(2), unix(7), epoll_ctl(2); include/uapi/asm-generic/fcntl.h.
 */
export const O_ACCMODE = 0o3;
export const O_WRONLY = 0o1;
export const O_NOCTTY = 0o400;
export const O_APPEND = 0o2000;
export const O_NONBLOCK = 0o4000;
export const O_ASYNC = 0o20000;
export const O_DIRECT = 0o40000;
export const O_DIRECTORY = 0o200000;
export const O_NOFOLLOW = 0o400000;
export const O_NOATIME = 0o1000000;
export const O_CLOEXEC = 0o2000000;
export const O_PATH = 0o10000000;
/** Without O_DIRECTORY, which O_TMPFILE contains. */
export const O_TMPFILE_ALONE = 0o20000000;

/** What F_SETFL can change: open(2) sets the rest for good. */
export const SETTABLE_FLAGS = O_APPEND | O_NONBLOCK | O_ASYNC | O_DIRECT | O_NOATIME;

export const F_SETFD = 2;
export const F_SETFL = 4;
export const F_SETLK = 6;
export const F_DUPFD_CLOEXEC = 1030;
export const FD_CLOEXEC = 1;
export const F_SETLEASE = 1024;
export const F_OFD_SETLK = 37;
export const F_RDLCK = 0;
export const F_WRLCK = 1;
export const F_UNLCK = 2;
export const FLOCK_SIZE = 32;

export const LOCK_SH = 1;
export const LOCK_EX = 2;
export const LOCK_NB = 4;
export const LOCK_UN = 8;

export const AT_FDCWD = -100;
export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_NETLINK = 16;
export const AF_VSOCK = 40;
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_SEQPACKET = 5;
export const SHUT_RDWR = 2;

export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;
export const EPOLL_CTL_MOD = 3;
export const EPOLLIN = 0x1;
export const EPOLLPRI = 0x2;
export const EPOLLOUT = 0x4;
export const EPOLLRDHUP = 0x2000;
export const EPOLLEXCLUSIVE = 0x10000000;
export const EPOLLWAKEUP = 0x20000000;
export const EPOLLONESHOT = 0x40000000;
export const EPOLLET = 0x80000000;
/** struct epoll_event is packed on x86-64: events, then 64 bits of data. */
export const EPOLL_EVENT_SIZE = 12;

/** struct pollfd: int fd, short events, short revents. */
export const POLLFD_SIZE = 8;
