/**
 * Every byte of private memory is that of the point.
 */
import { describeTargets } from '../support/target-suite.ts';

describeTargets('memory');
