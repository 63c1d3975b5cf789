/**
 * Children, exec, and points that belong to one process only.
 */
import { describeTargets } from '../support/target-suite.ts';

describeTargets('processes');
