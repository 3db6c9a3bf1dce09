/** `npm run check`: everything that can be said about the code without running it, then the dependency rules. */
import { $, chalk } from 'zx';

const checks = {
  types: ['tsc', '--noEmit'],
  'types in the browser': ['tsc', '--project', 'harness/report/html/client'],
  lint: ['eslint', '.', '--max-warnings', '0'],
  format: ['prettier', '--check', '.'],
  'dependency rules': [
    'depcruise',
    'harness',
    'scripts',
    'specs',
    'ci',
    '--config',
    '.dependency-cruiser.mjs',
  ],
};

async function passes(name: string, command: readonly string[]): Promise<boolean> {
  const { exitCode, stdout, stderr, duration } = await $({
    nothrow: true,
    quiet: true,
  })`npx --no-install ${command}`;
  const passed = exitCode === 0;
  console.log(`${passed ? chalk.green('✓') : chalk.red('✗')} ${name} (${(duration / 1000).toFixed(1)} s)`);
  if (!passed) console.log(stdout + stderr);
  return passed;
}

void Promise.all(Object.entries(checks).map(([name, command]) => passes(name, command))).then((outcomes) => {
  process.exitCode = outcomes.every(Boolean) ? 0 : 1;
});
