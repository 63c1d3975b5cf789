/** The package.json that is published, made from the private one of the checkout. */

export interface Manifest {
  readonly [field: string]: unknown;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, string>>;
}

/** Fields that mean something only in the checkout: above all, the Node it brings along. */
const CHECKOUT_ONLY = ['private', 'scripts', 'devDependencies', 'optionalDependencies'];

/** What users install: the compiled files, and only the dependencies that run. */
export function publishedManifest(manifest: Manifest): Manifest {
  const kept = Object.entries(manifest).filter(([field]) => !CHECKOUT_ONLY.includes(field));
  const entries = Object.entries(manifest.exports ?? {});
  const exports = Object.fromEntries(entries.map(([name, path]) => [name, compiled(path)]));
  return { ...Object.fromEntries(kept), exports } as Manifest;
}

function compiled(path: string): unknown {
  if (!path.endsWith('.ts')) return path;
  const base = path.slice(0, -'.ts'.length);
  return { types: `${base}.d.ts`, default: `${base}.js` };
}
