/** belay's version: what package.json says. */
import { readFileSync } from 'node:fs';
import { packageFile } from '../own-file.ts';

export const version = readVersion();

function readVersion(): string {
  const parsed: unknown = JSON.parse(readFileSync(packageFile('package.json'), 'utf8'));
  if (typeof parsed === 'object' && parsed !== null && 'version' in parsed) {
    return String(parsed.version);
  }
  return 'unknown';
}
