/** `npm run program-board`: a program as a board, for any serial tool to talk to. */
import { parseArgs } from 'node:util';
import { startProgramBoard } from '../harness/boards/program/program-board.ts';
import { HilError, UsageError } from '../harness/errors.ts';
import { waitForEnd } from './wait-for-end.ts';

const usage = `Usage: npm run program-board -- [options] COMMAND [ARGUMENT ...]

Gives a program the serial port of a board: its standard input and output are the UART, behind an RFC 2217 server; a reset
by DTR and RTS ends it and starts it anew. So a program of ESP-IDF's linux target, or an emulator with its serial port on
its standard input and output, is used like a board on a plug.

  --rfc2217-port PORT  serial port with control lines (default: any free port)
  --loader-args TEXT   arguments added when a reset asks for the loader (IO0 low), separated by blanks
  --hold               wait for the first reset instead of starting at once
  --stalls FILE        note in it when this host held the program up, one line of JSON a time
  --json               when ready, print one line of JSON instead of text
  --end-with-stdin     end when standard input ends
  --help               this text

Options stand before COMMAND. Ctrl-C ends it.

Exit code: 2 the system refuses, 64 wrong usage, 130 interrupted.`;

async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(args);
    if (options === 'help') {
      console.log(usage);
      return 0;
    }
    // Before anything is opened: a signal during the start must not leave it open.
    const end = waitForEnd(options.endWithStdin);
    await using board = await startProgramBoard(options);
    const { rfc2217 } = board.urls;
    console.log(
      options.json
        ? JSON.stringify({ rfc2217, pid: process.pid })
        : `program board: ${options.command}\n  RFC 2217  ${rfc2217}\nCtrl-C ends it.`,
    );
    return await end;
  } catch (error) {
    if (!(error instanceof HilError)) throw error;
    console.error(error.message);
    return error instanceof UsageError ? 64 : 2;
  } finally {
    process.stdin.destroy();
  }
}

function parseOptions(args: readonly string[]) {
  const ownArgs = args.slice(0, commandAt(args));
  const [command, ...commandArgs] = args.slice(ownArgs.length);
  const values = readFlags(ownArgs);
  if (values.help) return 'help';
  if (command === undefined) throw wrongUsage('COMMAND is missing');
  const port = Number(values['rfc2217-port']);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw wrongUsage(`--rfc2217-port must be a port number from 0 to 65535, got "${values['rfc2217-port']}"`);
  }
  return {
    command,
    args: commandArgs,
    loaderArgs: values['loader-args'].split(' ').filter(Boolean),
    rfc2217Port: port,
    holdAtPowerOn: values.hold,
    stallsFile: values.stalls,
    json: values.json,
    endWithStdin: values['end-with-stdin'],
  };
}

const flags = {
  'rfc2217-port': { type: 'string', default: '0' },
  'loader-args': { type: 'string', default: '' },
  hold: { type: 'boolean', default: false },
  stalls: { type: 'string' },
  json: { type: 'boolean', default: false },
  'end-with-stdin': { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** Where the command begins: what follows is the command's own, also what looks like an option of ours. */
function commandAt(args: readonly string[]): number {
  const { tokens } = parseArgs({ args: [...args], options: flags, strict: false, tokens: true });
  const first = tokens.find(({ kind }) => kind === 'positional');
  return first?.index ?? args.length;
}

function readFlags(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: flags }).values;
  } catch (error) {
    // "Unknown option '--foo'. To specify a positional argument …": the rest is for programmers.
    const [sentence = ''] = (error as Error).message.split('. ');
    throw wrongUsage(sentence, error);
  }
}

function wrongUsage(what: string, cause?: unknown): UsageError {
  return new UsageError('WRONG_USAGE', { what, next: 'see `npm run program-board -- --help`', cause });
}

void main(process.argv.slice(2)).then((exitCode) => {
  process.exitCode = exitCode;
});
