/**
 * What does not fit into --memory is refused, and all else is as exact as without.
 */
import { describeTargets } from '../support/target-suite.ts';

describeTargets('limit');
