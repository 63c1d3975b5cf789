/**
 * Blocking calls: no EINTR and no early return that belay caused.
 */
import { describeTargets } from '../support/target-suite.ts';

describeTargets('blocking');
