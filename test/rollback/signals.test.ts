/**
 * Falls by each signal, and the program's own signal state.
 */
import { describeTargets } from '../support/target-suite.ts';

describeTargets('signals');
