/** What lies in shared memory, in semaphores and message queues. */
import { describeTargets } from '../support/target-suite.ts';

describeTargets('shared');
