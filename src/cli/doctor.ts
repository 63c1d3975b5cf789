/** `belay doctor`: what this machine can do, and how to mend what it can't. */
import { accessSync, constants, existsSync, lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import { diagnose, isUsable } from '../doctor/diagnose.ts';
import type { Finding, Observation } from '../doctor/diagnose.ts';
import { BelayError } from '../errors.ts';
import { escapeControls, formatJson } from '../plain-text.ts';
import { assertPrivateDirectory, ownBaseDirectory } from '../registry/state-files.ts';

/** Something that belay needs is missing. */
const EXIT_UNUSABLE = 1;

/** Prints the findings; returns the exit code: 0 when belay works here, else 1. */
export function printDiagnosis(isJson: boolean): number {
  const findings = diagnose([observeDirectory()]);
  const usable = isUsable(findings);
  if (isJson) {
    process.stdout.write(`${formatJson({ usable, findings }, 2)}\n`);
  } else {
    process.stdout.write(formatFindings(findings));
    process.stdout.write(usable ? 'belay works here\n' : 'belay cannot work here\n');
  }
  return usable ? 0 : EXIT_UNUSABLE;
}

function formatFindings(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ title }) => title.length));
  const lines = findings.flatMap(({ state, title, detail, meaning, mend }) => [
    `${state.padEnd(7)}  ${title.padEnd(width)}  ${detail}`,
    ...(meaning === undefined ? [] : [`         means: ${meaning}`]),
    ...(mend === undefined ? [] : [`         mend:  ${mend}`]),
  ]);
  return `${lines.map(escapeControls).join('\n')}\n\n`;
}

/** The directory itself if there is one, else the nearest above it, in which it would be made. */
function observeDirectory(): Observation {
  const name = 'directory';
  const { path, uid } = ownBaseDirectory();
  try {
    if (isThere(path)) assertPrivateDirectory(path, uid);
    else accessSync(nearestAbove(path), constants.W_OK);
    return { name, ok: true, detail: path };
  } catch (error) {
    const why = error instanceof BelayError ? error.message : `${path} cannot be made`;
    return { name, ok: false, detail: why };
  }
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function nearestAbove(path: string): string {
  let above = dirname(path);
  while (!existsSync(above) && above !== dirname(above)) above = dirname(above);
  return above;
}
