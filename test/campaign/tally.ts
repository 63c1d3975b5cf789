/** How often each outcome came, by its name. */

/** Numbers and names of files in a reason differ from one time to the next; the first counts. */
function alike(reason: string): string {
  return reason
    .replace(/; .*/, '')
    .replace(/^(no way back to )?point \d+: /, '')
    .replaceAll(/0x[0-9a-f]+/g, '0x…')
    .replaceAll(/\b\d+\b/g, 'N')
    .replaceAll(/\/\S*\//g, '…/');
}

export class Tally {
  readonly #counts = new Map<string, number>();

  count(outcome: string, reason = ''): void {
    const name = reason === '' ? outcome : `${outcome}: ${alike(reason)}`;
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  readonly #calls = new Map<string, number>();

  /** So many random system calls of this name. */
  countCalls(name: string, count: number): void {
    this.#calls.set(name, (this.#calls.get(name) ?? 0) + count);
  }

  get calls(): string {
    return [...this.#calls].map(([name, count]) => `${name} ${count}`).join(', ');
  }

  get(outcome: string): number {
    const named = [...this.#counts].filter(([name]) => name.split(':')[0] === outcome);
    return named.reduce((sum, [, count]) => sum + count, 0);
  }

  /** A line for each, by name. */
  lines(): string[] {
    const sorted = [...this.#counts].sort(([a], [b]) => a.localeCompare(b));
    return sorted.map(([name, count]) => `  ${String(count).padStart(6)}  ${name}`);
  }
}
