/**
 * Who answers on a socket: the supervisor that the state directory names, or somebody in its place.
 *
 * The kernel keeps who made a socket listen. No other user can have made one as this supervisor.
 */
import type { Socket } from 'node:net';
import { BelayError } from '../errors.ts';
import { lookAt, ownerOf } from '../registry/look-at.ts';
import { readSupervisorFile } from '../registry/state-files.ts';
import { getPeerCredentials } from '../sys/getsockopt.ts';

/** @throws BelayError EPERM: there is something else by the name of the socket */
export function assertSocket(path: string): void {
  const found = lookAt(path);
  if (found === undefined) return;
  const isFaulty = 'fault' in found;
  if (!isFaulty && found.isSocket()) return;
  const why = isFaulty ? 'cannot be looked at' : 'is none';
  throw new BelayError('EPERM', `cannot talk to the supervisor: its socket ${why}`);
}

/** @throws BelayError EPERM: another process answers; ENOTSUPERVISED: nobody should */
export function assertSupervisor(socket: Socket, directory: string): void {
  try {
    assertPeer(socket, directory);
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

function assertPeer(socket: Socket, directory: string): void {
  const owner = ownerOf(directory);
  const supervisorPid = readSupervisorFile(directory)?.supervisorPid;
  if (owner === undefined || supervisorPid === undefined) {
    throw new BelayError('ENOTSUPERVISED', 'cannot talk to the supervisor: it has ended');
  }
  const fd = descriptorOf(socket);
  const peer = fd === undefined ? undefined : getPeerCredentials(fd);
  if (peer?.pid === supervisorPid && peer.uid === owner) return;
  const who = peer === undefined ? 'who is unknown' : `process ${peer.pid} of user ${peer.uid}`;
  const whose = `process ${supervisorPid} of user ${owner}`;
  throw new BelayError('EPERM', `cannot talk to the supervisor, ${whose}: ${who} answers`);
}

/** Node has no public name for it. */
function descriptorOf(socket: Socket): number | undefined {
  const { _handle: handle } = socket as { readonly _handle?: { readonly fd?: unknown } | null };
  return typeof handle?.fd === 'number' && handle.fd >= 0 ? handle.fd : undefined;
}
