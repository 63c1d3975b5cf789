/**
 * A fall in hard times: the rollback comes, or an older point's, or it is refused by name.
 *
 * The target stands before its fall, to be read. When the rollback was refused, nothing of it may
 * have been touched; then its limits and rights are put back, and the same fall leads to the point.
 */
import { describeHardship, drawHardship, refuseBelay } from './hard-times.ts';
import { type LivePoint, checkLanding } from './landing.ts';
import { LifeFailure, LifeOver } from './life-failure.ts';
import type { Draws } from './random.ts';
import type { Stage } from './stage.ts';
import { TargetFailure } from './target-process.ts';
import { CAUSE, COMMAND, DAMAGE, type Fall, type Point, type Refused } from './wire.ts';

export interface HardFall {
  target: LivePoint;
  /** What tlongjmp is given; 0: a signal. */
  cd: number;
  value: number;
  damage: number;
  refusalFile: string | undefined;
}

const DOOMED = 'the rseq area of a thread is destroyed';
/** ENOTRECOVERABLE, as tlongjmp answers it. */
const NOT_RECOVERABLE = -131;
/** Threads that it began would change memory while it stands. */
const NOT_WHILE_IT_STANDS = DAMAGE.threads | DAMAGE.ruin;

/** @throws LifeOver where it is refused, and the damage ends a thread as soon as that is stopped */
export async function hardFall(stage: Stage, draws: Draws, wanted: HardFall): Promise<void> {
  const { dialogue, points, traits, newest } = stage;
  const { target, cd, value, refusalFile } = wanted;
  const hardship = drawHardship(draws, traits.refusing, `${stage.target.pid}-${stage.falls}`);
  const count = `fall ${stage.falls + 1}, of ${points.length} live points`;
  dialogue.story.push(`${count}, hard: ${describeHardship(hardship)}`);
  const damage = wanted.damage & ~NOT_WHILE_IT_STANDS;
  const seed = draws.next();
  dialogue.send({ what: COMMAND.fall, seed, damage, cd, op: value, hardships: hardship.bits });
  const range = await dialogue.await('held');
  const before = await stage.look((thread) => stage.isStill(thread));
  if (before === undefined) throw new LifeFailure('before its fall it does not stand still');
  const isDoomed = stage.isDoomed(before);
  const heard = stage.witness?.refusals.length ?? 0;
  refuseBelay(refusalFile, hardship.refusal);
  const first = await goOn(stage).catch(async (error: unknown) => {
    if (!isDoomed || !(error instanceof TargetFailure)) throw error;
    if ((await stage.witness?.refusalAfter(heard)) === undefined) throw error;
    throw new LifeOver(DOOMED);
  });
  const { refused } = first;
  let { fall, point } = first;
  refuseBelay(refusalFile, '');
  if (refused !== undefined) {
    if (isDoomed) throw new LifeOver(DOOMED);
    checkRefused(refused, fall, cd);
    const reason = await stage.witness?.refusalAfter(heard);
    stage.tell('refused', reason ?? 'for a reason that was told before');
    const elsewhere = [stage.target.pid];
    await stage.compareWith(before, 'after a rollback was refused', { range, elsewhere });
    ({ fall, point } = await goOn(stage));
  }
  if (point === undefined) throw new LifeFailure('refused, and nothing is hard any more');
  land(stage, fall, point, { target, value, newest });
  await stage.compare(stage.newest);
}

function goOn(stage: Stage) {
  stage.dialogue.send({ what: COMMAND.goOn });
  return stage.dialogue.landed(
    () => false,
    () => false,
  );
}

function checkRefused(refused: Refused, fall: Fall | undefined, cd: number): void {
  const isRight = cd !== 0 ? refused.result === NOT_RECOVERABLE : refused.signo === fall?.signo;
  if (!isRight) throw new LifeFailure(`refused with ${refused.result} and signal ${refused.signo}`);
}

/** It is on the point that it should be on; or on an older one, where a newer was refused. */
function land(
  stage: Stage,
  fall: Fall | undefined,
  point: Point,
  { target, value, newest }: { target: LivePoint; value: number; newest: LivePoint },
): void {
  const isOlder = point.cause === CAUSE.signal && point.cd < newest.cd;
  const older = stage.points.find(({ cd }) => isOlder && cd === point.cd);
  const expected = older ?? newest;
  checkLanding(fall, point, { target, newest: expected, value, uncertain: false });
  stage.tell(older === undefined ? 'back' : 'back on an older point');
  stage.isBackOn(point, 1);
}
