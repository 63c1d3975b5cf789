/** What lies in pipes and sockets within a program. */
import { describeTargets } from '../support/target-suite.ts';

describeTargets('channels');
