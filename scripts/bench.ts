/** `npm run bench`: how good an instrument the harness is, measured beside its peers. A benchmark, not a test. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { experiments, runExperiments, type BenchFigure } from '../harness/benchmark/run-experiments.ts';
import { HilError, UsageError } from '../harness/errors.ts';
import { formatNumber } from '../harness/report/claim-table.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const exitCodes = { usage: 64, bench: 2, dut: 1 } as const;
const defaults = { repeats: 5, port: 3490 } as const;

const usage = `Usage: npm run bench -- [options]

Measures the harness beside plain servers and tools, on this machine, as it is now. A figure that misses its aim is
marked; it is no error. Run it on a machine that does nothing else.

${experiments.map(({ number, title }) => `  ${number}  ${title}`).join('\n')}

  --only N[,N...]  these experiments only
  --repeats N      how often each is made; figures are medians (default ${defaults.repeats})
  --port PORT      first of ten UDP ports to use (default ${defaults.port})
  --json FILE      write the figures, with every repetition, as JSON
  --help           show this

Exit code: 0 measured, 2 an experiment could not be made, 64 wrong usage.`;

async function main(args: readonly string[]): Promise<void> {
  const { only, repeats, port, json, help } = parseOptions(args);
  if (help) {
    console.log(usage);
    return;
  }
  const report = await runExperiments({ root, only, repeats, port, onFigures: print });
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`);
}

function print(figures: readonly BenchFigure[]): void {
  const [first] = figures;
  if (first === undefined) return;
  const [before, after] = first.load.map((load) => load.toFixed(2));
  console.log(`\n${first.experiment}. ${first.title} (load ${before} to ${after})`);
  for (const { what, value, values, unit, aim, met, why } of figures) {
    const spread =
      values.length > 1
        ? ` (${formatNumber(Math.min(...values))} to ${formatNumber(Math.max(...values))})`
        : '';
    const figure =
      value === undefined
        ? `not measured: ${why ?? 'nothing came'}`
        : `${formatNumber(value)} ${unit}${spread}`;
    const told = value === undefined || why === undefined ? '' : `   (${why.split('\n', 1)[0] ?? ''})`;
    const mark = met === undefined ? ' ' : met ? '✓' : '✗';
    console.log(`${mark} ${what.padEnd(66)} ${figure}${aim === undefined ? '' : `   [${aim}]`}${told}`);
  }
}

function parseOptions(args: readonly string[]) {
  const values = readFlags(args);
  const numbers = experiments.map(({ number }) => number);
  const only = values.only?.split(',').map(Number) ?? numbers;
  const unknown = only.find((number) => !numbers.includes(number));
  if (unknown !== undefined)
    throw wrongUsage(`--only must name experiments from ${numbers.join(', ')}, got "${values.only ?? ''}"`);
  return {
    only,
    repeats: wholeNumber('repeats', values.repeats, defaults.repeats, { min: 1, max: 100 }),
    port: wholeNumber('port', values.port, defaults.port, { min: 1, max: 65_526 }),
    json: values.json,
    help: values.help ?? false,
  };
}

function wholeNumber(
  option: string,
  text: string | undefined,
  byDefault: number,
  { min, max }: { readonly min: number; readonly max: number },
): number {
  const number = text === undefined ? byDefault : Number(text);
  if (Number.isInteger(number) && number >= min && number <= max) return number;
  throw wrongUsage(`--${option} must be a whole number from ${min} to ${max}, got "${text ?? ''}"`);
}

function readFlags(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        only: { type: 'string' },
        repeats: { type: 'string' },
        port: { type: 'string' },
        json: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (cause) {
    const [sentence = ''] = (cause as Error).message.split('. ');
    throw wrongUsage(sentence, cause);
  }
}

function wrongUsage(what: string, cause?: unknown): UsageError {
  return new UsageError('WRONG_USAGE', { what, next: 'see `npm run bench -- --help`', cause });
}

main(process.argv.slice(2)).catch((error: unknown) => {
  if (!(error instanceof HilError)) throw error;
  console.error(error.message);
  process.exitCode = exitCodes[error.fault];
});
