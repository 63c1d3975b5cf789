/**
 * Programs confined by seccomp or syscall user dispatch: no call of ours kills, traps or changes
 * one. Root may suspend their filters; for an ordinary user it is refused beforehand, by name.
 */
import { describeTargets, describeTargetsOfOrdinaryUser } from '../support/target-suite.ts';

describeTargets('confined');
describeTargetsOfOrdinaryUser([
  'confined/every.c',
  'confined/one-thread.c',
  'confined/shut-in-since.c',
  'confined/sleeps.c',
  'confined/user-dispatch.c',
]);
