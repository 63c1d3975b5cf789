/**
 * Destruction on the largest scale, with 1 and with 16 threads.
 */
import { describeTargets } from '../support/target-suite.ts';

describeTargets('ruin');
