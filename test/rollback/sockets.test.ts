/** Connections to other processes: those used since the point see an end, others go on. */
import { describeTargets, describeTargetsOfOrdinaryUser } from '../support/target-suite.ts';

describeTargets('sockets');
describeTargetsOfOrdinaryUser([
  'sockets/consumed.c',
  'sockets/accepted-since.c',
  'sockets/buffers.c',
  'sockets/names.c',
]);
