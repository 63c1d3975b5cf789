/**
 * What cannot be put back is refused beforehand: the program goes on, and lives.
 */
import { describeTargets } from '../support/target-suite.ts';

describeTargets('whole');
