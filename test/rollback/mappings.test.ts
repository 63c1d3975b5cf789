/**
 * Every mapping is that of the point.
 */
import { describeTargets } from '../support/target-suite.ts';

describeTargets('mappings');
