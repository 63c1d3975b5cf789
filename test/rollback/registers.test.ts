/**
 * Every register of every thread is that of the point.
 */
import { describeTargets } from '../support/target-suite.ts';

describeTargets('registers');
