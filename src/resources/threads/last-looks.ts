/**
 * What each thread looked like at the newest point, as it was read: compared by one call, where
 * what is kept of it is put together piece by piece.
 */

/** Chosen: threads of which it is remembered, three quarters of a megabyte. */
const THREADS_MAX = 256;
/** Chosen: room for all but AMX tiles. */
const ROOM = 3072;

interface Look<State> {
  readonly bytes: Buffer;
  sizeBytes: number;
  state: State;
}

export class LastLooks<State extends { readonly tid: number }> {
  private readonly looks = new Map<number, Look<State>>();

  /** Whether these bytes are what `state` was made of. */
  isLike(state: State, bytes: Buffer, sizeBytes: number): boolean {
    const look = this.looks.get(state.tid);
    if (look?.state !== state || look.sizeBytes !== sizeBytes) return false;
    return bytes.compare(look.bytes, 0, sizeBytes, 0, sizeBytes) === 0;
  }

  /** The state itself, which was made of these bytes. */
  note(state: State, bytes: Buffer, sizeBytes: number): State {
    if (sizeBytes > ROOM) {
      this.forget(state.tid);
      return state;
    }
    const look = this.looks.get(state.tid) ?? this.begin(state);
    if (look === undefined) return state;
    bytes.copy(look.bytes, 0, 0, sizeBytes);
    look.sizeBytes = sizeBytes;
    look.state = state;
    return state;
  }

  /** The thread has ended. */
  forget(tid: number): void {
    this.looks.delete(tid);
  }

  private begin(state: State): Look<State> | undefined {
    if (this.looks.size >= THREADS_MAX) return undefined;
    const look = { bytes: Buffer.alloc(ROOM), sizeBytes: 0, state };
    this.looks.set(state.tid, look);
    return look;
  }
}
