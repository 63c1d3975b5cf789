/** alarm, setitimer and timer_create. */
import { describeTargets, describeTargetsOfOrdinaryUser } from '../support/target-suite.ts';

describeTargets('timers');
describeTargetsOfOrdinaryUser([
  'timers/alarm-since.c',
  'timers/alarm-cancelled.c',
  'timers/of-each-kind.c',
]);
