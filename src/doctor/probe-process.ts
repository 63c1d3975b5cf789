/** The process that runs the probes and is thrown away; prints a line of JSON for each. */
import { writeSync } from 'node:fs';
import { PROBES, runProbe } from '../arch/x64/probes.ts';

const STDOUT = 1;

for (const probe of PROBES) {
  const result = runProbe(probe);
  writeSync(STDOUT, `${JSON.stringify({ name: probe.name, ...result })}\n`);
}
