/**
 * The first point of much memory, which is copied while the program runs.
 */
import { describeTargets } from '../support/target-suite.ts';

describeTargets('first');
