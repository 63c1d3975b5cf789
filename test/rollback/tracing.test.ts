/**
 * A program's own ptrace calls go on working: what is to be traced by another is let go.
 */
import { describeTargets } from '../support/target-suite.ts';

describeTargets('tracing');
