/** A transfer that was broken off and is followed to its end: see supervisor/transfers.ts. */
import type { Registers } from '../arch/x64/registers.ts';
import type { TransferCall } from '../arch/x64/transfer-calls.ts';
import type { LimitSpan } from './limit-span.ts';

/** Consecutive bytes of what is to be transferred. */
export interface Piece {
  readonly address: number;
  readonly size: number;
}

export interface Transfer {
  readonly call: TransferCall;
  readonly isSocket: boolean;
  /** A time limit holds for each step of it, and not for the whole. */
  readonly hasLimitByStep: boolean;
  /** The registers at the exit of the call that was broken off; rax: what is done so far. */
  readonly saved: Registers;
  readonly rest: Piece[];
  /** A limit of the call's own. */
  readonly span: LimitSpan | undefined;
  /** With so much done it is over. */
  readonly least: number;
  /** Bytes asked for by the call that is under way. */
  asked: number;
  pieceMax: number;
}
