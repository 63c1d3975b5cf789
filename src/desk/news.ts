/** Where the supervisor's news go. */
import type { SupervisorEvent } from '../protocol/records.ts';

export interface News {
  /** Somebody wants to hear of every point. */
  readonly wantsPoints: boolean;
  /** No more processor time may be taken: the program is to be let go. */
  readonly isSpent: boolean;
  tell(event: SupervisorEvent, maps?: Uint8Array): void;
  /** An alarm has gone off. */
  onAlarm(): void;
}
