/** `npm run doctor`: what this bench has, what it lacks, and the command that mends it. */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chalk, echo } from 'zx';
import { examine } from '../harness/doctor/doctor.ts';
import { describeError, UsageError } from '../harness/errors.ts';
import { tiers, type Tier } from '../harness/record/tier.ts';
import { renderDiagnosis } from '../harness/report/diagnosis.ts';

const usage = `Usage: npm run doctor -- [options]

Looks at everything that the bench is made of, changes nothing, and says what is missing and which command mends it.

  --board TIER        the kind of board that is to be used: ${tiers.join(', ')} (default virtual)
  --server-port PORT  UDP port that the ack server is to listen on (default 3333)
  --json              print the findings as JSON
  --help              show this

Exit code: 0 that tier can run, 2 it can not, 64 wrong usage.`;

const root = fileURLToPath(new URL('..', import.meta.url));
const narrowest = 60;

async function main(): Promise<number> {
  const options = parse(process.argv.slice(2));
  if (options === 'help') {
    echo(usage);
    return 0;
  }
  const { signal } = new AbortController();
  const diagnosis = await examine({ ...options, root, env: process.env, signal });
  if (options.json) {
    echo(JSON.stringify(diagnosis, null, 2));
  } else {
    const columns = Math.max(process.stdout.columns || 80, narrowest);
    for (const line of renderDiagnosis(diagnosis, { color: chalk.level > 0, columns })) echo(line);
  }
  return diagnosis.canRun ? 0 : 2;
}

interface Options {
  readonly tier: Tier;
  readonly serverPort: number;
  readonly json: boolean;
}

function parse(args: readonly string[]): Options | 'help' {
  const { values } = readFlags(args);
  if (values.help) return 'help';
  const tier = tiers.find((name) => name === values.board);
  if (tier === undefined)
    throw wrongUsage(`--board must be one of ${tiers.join(', ')}, got "${values.board}"`);
  const serverPort = Number(values['server-port']);
  if (!Number.isInteger(serverPort) || serverPort < 1 || serverPort > 65_535) {
    throw wrongUsage(`--server-port must be a port from 1 to 65535, got "${values['server-port']}"`);
  }
  return { tier, serverPort, json: values.json };
}

function readFlags(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        board: { type: 'string', default: 'virtual' },
        'server-port': { type: 'string', default: '3333' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    const [sentence = ''] = (error as Error).message.split('. ');
    throw wrongUsage(sentence, error);
  }
}

function wrongUsage(what: string, cause?: unknown): UsageError {
  return new UsageError('WRONG_USAGE', { what, next: 'see `npm run doctor -- --help`', cause });
}

main().then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  (error: unknown) => {
    const { message, fault } = describeError(error);
    console.error(message);
    process.exitCode = fault === 'usage' ? 64 : 2;
  },
);
