/**
 * Falls that repeat: the same point, older ones, and at the end the signal itself.
 */
import { describeTargets } from '../support/target-suite.ts';

describeTargets('retries');
