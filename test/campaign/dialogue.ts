/** What is said between the checker and one target: records in order, and the story they tell. */
import { LifeFailure } from './life-failure.ts';
import { TargetFailure, type TargetProcess } from './target-process.ts';
import type { Command, Fall, Parked, Point, Refused, Storm, TargetRecord } from './wire.ts';

/** They wait in a futex, and have no rseq area. */
const BETWEEN_STORMS = { number: 202, frame: 0, rseq: 0 };
const STORY_LINES = 60;
/** Its word may be on the way to us when it already stands. */
const LOOKS = 5;

export interface Landing {
  fall: Fall | undefined;
  point?: Point;
  refused?: Refused;
}

export class Dialogue {
  readonly target: TargetProcess;
  readonly story: string[] = [];
  parked: Parked[] = [];
  readonly storms: Storm[] = [];
  /** How many random system calls of each name there have been. */
  readonly calls = new Map<string, number>();

  constructor(target: TargetProcess) {
    this.target = target;
  }

  send(command: Command): void {
    this.target.send(command);
  }

  /** @throws LifeFailure at a finding of the target's own, or at a point where none should be */
  async await<T extends TargetRecord['type']>(
    type: T,
  ): Promise<Extract<TargetRecord, { type: T }>> {
    for (;;) {
      const record = await this.target.next();
      this.#note(record);
      if (record.type === 'bad') throw new LifeFailure(record.text);
      if (record.type === type) return record as Extract<TargetRecord, { type: T }>;
      if (record.type === 'point') throw new LifeFailure('at a point, and should not be');
    }
  }

  /**
   * The point where it is again after a fall, and what was announced before; `stands` is asked when
   * it says nothing for a while: true, again and again, ends the wait without a point.
   *
   * @param isExcused whether the target's finding is none: what a fall does is no lawful life
   */
  async landed(stands: () => boolean, isExcused: (text: string) => boolean): Promise<Landing> {
    let fall: Fall | undefined;
    let looks = 0;
    const isOver = (): boolean => {
      looks = stands() ? looks + 1 : 0;
      return looks >= LOOKS;
    };
    for (;;) {
      const record = await this.target.next(isOver);
      looks = 0;
      if (record === undefined) return { fall };
      this.#note(record);
      if (record.type === 'fall') fall = record;
      if (record.type === 'point') return { fall, point: record };
      if (record.type === 'refused') return { fall, refused: record };
      if (record.type === 'bad' && !isExcused(record.text)) throw new LifeFailure(record.text);
    }
  }

  #note(record: TargetRecord): void {
    if (record.type === 'storm') {
      this.storms.push(record);
      this.parked = [...this.parked, { type: 'parked', tid: record.tid, ...BETWEEN_STORMS }];
    }
    if (record.type === 'parked')
      this.parked = [...this.parked.filter((p) => p.tid !== record.tid), record];
    if (record.type === 'op') this.story.push(`  ${record.text}`);
    if (record.type === 'call') {
      this.story.push(`  ${record.text}`);
      this.calls.set(record.name, (this.calls.get(record.name) ?? 0) + 1);
    }
    if (record.type === 'fall') this.story.push(`  falls: ${record.name}`);
  }

  /** The failure with all that is known about it, when it is one of the target's. */
  tellAll(error: unknown): unknown {
    if (!(error instanceof TargetFailure || error instanceof LifeFailure)) return error;
    const story = this.story.slice(-STORY_LINES).join('\n');
    const now = `its threads now:\n${this.target.state()}\nwhat it did last:\n${story}`;
    return new LifeFailure(`${error.message}\n${now}`, { cause: error });
  }
}
