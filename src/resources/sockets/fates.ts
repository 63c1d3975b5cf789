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
      what: 'options of sockets',
      becomes: 'exact where they were asked for, of 32 sockets at a point; else left, and named',
      more:
        'Asked for as long as it takes a fiftieth of the time. Those of ' +
        'sockets, IP, IPv6, TCP and UDP that getsockopt(2) tells as a number, time or pair. ' +
        'Filters, groups, addresses, time stamps and congestion control stay as they are.',
    },
    {
      what: 'connections that were idle, sockets that listen',
      becomes: 'go on; what was not read is still there, who waits to be accepted still waits',
    },
    {
      what: 'connections made since',
      becomes:
        'accepted ones are closed without a reset; TCP ones are as before connect, Unix ones end',
    },
  ],
};
