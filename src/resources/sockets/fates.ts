/** What becomes of connections to the outside. */
import type { Fates } from '../fates.ts';

export const fates: Fates = {
  title: 'connections',
  bits: ['peers'],
  rows: [
    {
      what: 'TCP and Unix connections over which something went since',
      becomes: 'closed: both ends see an end; with `--peers=keep` left; named',
      more:
        'A request that was read, a reply or a part of it that was written: the other end knows ' +
        'more than the program that goes back. It gets all that was written, and then an end; ' +
        'the program reads end of file. Of standard input and output only what was read counts. ' +
        'What another process has, too, is left for it. `--peers=keep` is for servers that make ' +
        'their own points and answer for themselves when they are back. Of some hundreds of ' +
        'connections not all can be looked at: for how many that was so is named. Nothing is ' +
        'done about multipath TCP. Of Unix connections (streams and packets) it is not always ' +
        'known: where something has come and something is unread it may all have come since, and ' +
        'where the other end has taken what it had not read at the point more may have been ' +
        'written. These go on, and how many they are is named. A Unix socket that is standard ' +
        'input or output alone is treated as a pipe would be: it is the caller’s.',
    },
    {
      what: 'other sockets to the outside (Unix datagrams, UDP, netlink, vsock)',
      becomes: 'stay as they are; what was read or written since is gone: named',
      more:
        'Nothing can be ended there. It is named where something was read or written since, and ' +
        'not where something merely came, or nothing happened; where that is not known, how many ' +
        'they are. What is asked of the kernel over netlink without an answer does not show. ' +
        'Packet sockets and those of other families are not named.',
    },
    {
      what: 'errors that wait to be asked for (SO_ERROR)',
      becomes: 'stay; one that was asked for since is gone: named',
    },
    {
      what: 'options of sockets',
      becomes: 'exact where they were asked for, of 32 sockets at a point; else left, and named',
      more:
        'Asked for as long as it takes a fiftieth of the time. Those of ' +
        'sockets, IP, IPv6, TCP and UDP that getsockopt(2) tells as a number, time or pair. ' +
        'What cannot be set back is named: IPV6_V6ONLY of one that stays bound, and, without ' +
        'privilege, a device that it was bound to since, or a buffer past the limits. ' +
        'Filters, groups, time stamps and congestion control stay as they are.',
    },
    {
      what: 'names of sockets: bind, listen, and connect of datagrams',
      becomes: 'as they were; but a port or path that was asked for since stays bound: named',
      more:
        'The kernel takes back only a port that it has chosen itself. So a program that goes ' +
        'back to before it has bound a socket is refused (EINVAL) when it binds it once more; ' +
        'one made since is closed, and its port is free. ' +
        'TCP that was put to listen since stops, and refuses who waits to be accepted; a Unix ' +
        'socket goes on listening, for it could not begin again: named. A Unix datagram socket ' +
        'that was connected elsewhere is left so, and named, where something is unread in it or ' +
        'its former peer has a path. What another process has, too, is left, and so is all of ' +
        'it with `--peers=keep`. Where many such sockets were not all asked for at ' +
        'the point, those that differ are left, and named. Groups of netlink and multicast, and ' +
        'the length of a queue that was changed with listen alone, are not looked at.',
    },
    {
      what: 'connections that were idle, sockets that listen',
      becomes: 'go on; what was not read is still there, who waits to be accepted still waits',
    },
    {
      what: 'connections made since',
      becomes:
        'named; accepted ones: closed without a reset; TCP is as before connect, Unix ones ended',
      more:
        'So is one that waited to be accepted at the point and was accepted since: it cannot be ' +
        'put back into the queue of the socket that listens.',
    },
  ],
};
