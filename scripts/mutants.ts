/** `npm run mutants`: broken firmwares against the claims, from the command line to the exit code. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { exitCodes, wrongUsageExitCode } from '../harness/bench/conclude-run.ts';
import { BenchError, describeError } from '../harness/errors.ts';
import { judgeMutant } from '../harness/mutants/judge-mutant.ts';
import { findMutants, listMutants } from '../harness/mutants/list-mutants.ts';
import { judgeHealthy, words } from '../harness/mutants/matrix.ts';
import { mutantsUsage, parseMutantOptions, type MutantOptions } from '../harness/mutants/options.ts';
import { renderMatrix } from '../harness/mutants/render-matrix.ts';
import { runMatrix, type FinishedRun } from '../harness/mutants/run-matrix.ts';
import type { Mutant } from '../harness/mutants/mutant.ts';

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');

async function main(): Promise<number> {
  const options = parseMutantOptions(process.argv.slice(2), process.cwd());
  if (options.help) {
    console.log(mutantsUsage);
    return exitCodes.passed;
  }
  const everyMutant = listMutants(root);
  const mutants = choose(everyMutant, options);
  const withHealthy = options.only.length === 0;
  const began = performance.now();
  console.log(
    `mutants: ${mutants.length} of ${everyMutant.length}, ${options.jobs} at once, on virtual boards`,
  );
  const matrix = await runMatrix({
    root,
    mutants,
    withHealthy,
    all: mutants.length === everyMutant.length,
    jobs: options.jobs,
    signal: interruption(),
    onRun: tell,
    onOpen: (count) => {
      console.log(`${count} could not be judged beside the others: again, one at a time`);
    },
  });
  const took = `${((performance.now() - began) / 1000).toFixed(1)} s`;
  console.log(['', ...renderMatrix(matrix)].join('\n'));
  if (options.jsonFile !== undefined) {
    writeFileSync(options.jsonFile, `${JSON.stringify({ schema: 1, ...matrix }, null, 2)}\n`);
  }
  const { missing, inconclusiveCount } = matrix;
  if (missing.length === 0) {
    console.log(`complete: ${mutants.length} of ${mutants.length} mutants killed (${took})`);
    return exitCodes.passed;
  }
  const isOpen = missing.length === inconclusiveCount;
  console.log(`${isOpen ? 'inconclusive' : 'incomplete'}: ${missing.length} missing (${took})`);
  return isOpen ? exitCodes.inconclusive : exitCodes.failed;
}

function choose(all: readonly Mutant[], { only, tenth }: MutantOptions): readonly Mutant[] {
  if (only.length > 0) return findMutants(all, only);
  return tenth ? all.filter((mutant) => mutant.tenth) : all;
}

function tell({ mutant, end }: FinishedRun): void {
  const { outcome, detail } = mutant === undefined ? judgeHealthy(end) : judgeMutant(mutant, end);
  const isGood = outcome === 'killed' || outcome === 'passed';
  const word = outcome in words ? words[outcome as keyof typeof words] : outcome;
  const name = mutant?.name ?? 'the firmware as it is';
  const record = 'error' in end ? '' : ` (${(end.timingsMs.total / 1000).toFixed(1)} s, ${end.record})`;
  console.log(`${isGood ? '✓' : '✗'} ${name}: ${word}: ${detail}${record}`);
}

/** Aborts on Ctrl-C: every run under way is ended in order. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      controller.abort(new BenchError('INTERRUPTED', { what: `The mutants were stopped by ${signal}` }));
    });
  }
  return controller.signal;
}

main().then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  (error: unknown) => {
    const told = describeError(error);
    console.error(told.message);
    process.exitCode =
      told.code === 'INTERRUPTED'
        ? exitCodes.interrupted
        : told.fault === 'usage'
          ? wrongUsageExitCode
          : exitCodes.inconclusive;
  },
);
