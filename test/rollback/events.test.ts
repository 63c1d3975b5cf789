/** What descriptors hold that are made by calls of their own: epoll sets, timers, watches. */
import { describeTargets } from '../support/target-suite.ts';

describeTargets('events');
