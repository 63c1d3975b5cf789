/** Modes of terminals, and who is in their foreground. */
import { describeTargets } from '../support/target-suite.ts';

describeTargets('terminals');
