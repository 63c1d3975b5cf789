/** Working directory, umask, limits, process group and the like. */
import { describeTargets, describeTargetsOfOrdinaryUser } from '../support/target-suite.ts';

describeTargets('attributes');
describeTargetsOfOrdinaryUser([
  'attributes/asked-of-kernel.c',
  'attributes/directory.c',
  'attributes/limits.c',
  'attributes/scheduling.c',
  'attributes/settings.c',
  'attributes/standing.c',
]);
