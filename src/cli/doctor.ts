/** `belay doctor`: what this machine can do, and how to mend what it can't. */
import { diagnose, isUsable } from '../doctor/diagnose.ts';
import type { Finding, Observation } from '../doctor/diagnose.ts';
import { asBelayError } from '../errors.ts';
import { tryStateDirectory } from '../registry/state-directory.ts';
import { ownBaseDirectory } from '../registry/state-files.ts';
import { printJson, printLines } from './print.ts';

/** Something that belay needs is missing. */
const EXIT_UNUSABLE = 1;

/** Prints the findings; returns the exit code: 0 when belay works here, else 1. */
export function printDiagnosis(isJson: boolean): number {
  const findings = diagnose([observeDirectory()]);
  const usable = isUsable(findings);
  const verdict = usable ? 'belay works here' : 'belay cannot work here';
  if (isJson) printJson({ usable, findings }, 2);
  else printLines([...formatFindings(findings), '', verdict]);
  return usable ? 0 : EXIT_UNUSABLE;
}

function formatFindings(findings: readonly Finding[]): string[] {
  const width = Math.max(...findings.map(({ title }) => title.length));
  return findings.flatMap(({ state, title, detail, meaning, mend }) => [
    `${state.padEnd(7)}  ${title.padEnd(width)}  ${detail}`,
    ...(meaning === undefined ? [] : [`         means: ${meaning}`]),
    ...(mend === undefined ? [] : [`         mend:  ${mend}`]),
  ]);
}

/** Made and written in for real, as a supervisor would. */
function observeDirectory(): Observation {
  const name = 'directory';
  try {
    const base = ownBaseDirectory();
    tryStateDirectory(base);
    return { name, ok: true, detail: base.path };
  } catch (error) {
    return { name, ok: false, detail: asBelayError(error).message };
  }
}
