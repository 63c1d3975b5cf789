/**
 * Writes falls into the log of a state directory until there is no room, and one when there is some
 * again. The caller limits the size of files (ulimit -f); the numbers written and lost are printed.
 */
import { renameSync } from 'node:fs';
import { LogWriter } from '../../src/desk/log-writer.ts';
import { makeFall } from './worker-harness.ts';

const [directory = ''] = process.argv.slice(2);
const FALLS_MAX = 10_000;
const log = new LogWriter(directory);
let cd = 0;
while (log.lost === undefined && cd < FALLS_MAX) log.append(makeFall({ cd: ++cd, time: cd }));
for (const last = cd + 5; cd < last;) log.append(makeFall({ cd: ++cd, time: cd }));
const lost = log.lost?.count;
renameSync(`${directory}/log.ndjson`, `${directory}/log.old.ndjson`);
log.append(makeFall({ cd: ++cd, time: cd }));
log.close();
console.log(JSON.stringify({ made: cd, lost }));
