/**
 * The calls and their errors: descriptors, values, kept ranges, limits, a thousand points.
 */
import { describeTargets } from '../support/target-suite.ts';

describeTargets('calls');
