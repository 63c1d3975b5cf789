/** The map of src/: which folder may use which, and what each may use from outside. */

/**
 * A folder of src/ (or a file directly in it) and the layers directly below it. Whatever those may
 * import, it may import too: downward is what counts, not the number of steps.
 * `at.ts`, `errors.ts`, `own-file.ts` and `plain-text.ts` are below everything.
 */
export const LAYERS: Readonly<Record<string, readonly string[]>> = {
  'index.ts': ['client'],
  cli: ['client', 'doctor', 'symbols'],
  client: ['protocol', 'registry'],
  launch: ['supervisor', 'desk', 'registry'],
  supervisor: ['policy', 'desk'],
  desk: ['protocol', 'symbols', 'registry'],
  policy: ['engine', 'options'],
  doctor: ['tracee'],
  engine: ['resources'],
  resources: ['tracee', 'store', 'points'],
  store: ['sys', 'arch'],
  tracee: ['tasks', 'sys', 'arch'],
  arch: ['sys'],
  symbols: ['procfs'],
  registry: ['options', 'sys', 'tasks'],
  protocol: ['options', 'procfs'],
  options: [],
  points: ['procfs'],
  tasks: ['procfs'],
  procfs: [],
  sys: [],
  'target.ts': [],
  'at.ts': ['errors.ts'],
  'errors.ts': ['plain-text.ts'],
  'plain-text.ts': [],
  'own-file.ts': [],
};

/** Packages, and the only places that may import them. */
export const PACKAGE_USERS: Readonly<Record<string, readonly string[]>> = {
  // Foreign calls are where memory safety ends: they stay where they can be read in one sitting.
  koffi: ['sys', 'target.ts'],
  commander: ['cli'],
  // Images of resources as bytes.
  cborg: ['resources'],
  // What comes from outside is checked where it comes in.
  zod: ['protocol', 'registry', 'client', 'cli'],
};

/** Layers that work on plain data: no files, processes, sockets or threads of their own. */
export const PURE_LAYERS: readonly string[] = ['points', 'procfs'];

/** The modules of Node that a pure layer may import: they compute. */
export const PURE_NODE_MODULES: readonly string[] = [
  'node:assert',
  'node:assert/strict',
  'node:buffer',
  'node:crypto',
  'node:path',
  'node:util',
];

/** The layer a path such as `src/sys/ptrace.ts` belongs to: `sys`. */
export function layerOf(path: string): string {
  const [, layer = ''] = path.split('/');
  return layer;
}

/** What every layer may import. */
export const BOTTOM: readonly string[] = ['at.ts', 'errors.ts', 'own-file.ts', 'plain-text.ts'];

/** Every layer that `layer` may import. */
export function layersBelow(layer: string): Set<string> {
  const below = new Set(BOTTOM);
  const pending = [...(LAYERS[layer] ?? [])];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (below.has(next)) continue;
    below.add(next);
    pending.push(...(LAYERS[next] ?? []));
  }
  return below;
}
