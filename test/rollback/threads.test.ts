/**
 * Threads that were born or ended since, and their state.
 */
import { describeTargets } from '../support/target-suite.ts';

describeTargets('threads');
