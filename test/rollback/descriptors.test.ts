/**
 * Descriptors and file offsets.
 */
import { describeTargets } from '../support/target-suite.ts';

describeTargets('descriptors');
