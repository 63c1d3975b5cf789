/** Where `belay` begins in Node: loads the command, or says in one line why that cannot be done. */
const EXIT_BELAY_FAILED = 125;

try {
  await import('./belay.ts');
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  const [why = ''] = message.split('\n', 1);
  const hint =
    code === 'ERR_MODULE_NOT_FOUND'
      ? 'its packages are not installed: run npm ci in the checkout'
      : 'this is a mistake in belay itself, or in how it was installed';
  // By hand: what makes text harmless elsewhere may be what is missing.
  const harmless = why.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
  process.stderr.write(`belay: cannot start: ${harmless}\nhint: ${hint}\n`);
  process.exitCode = EXIT_BELAY_FAILED;
}
