import { BenchError } from '../errors.ts';
import { lastLines, runTool } from '../process/run-tool.ts';

/** A tool's answer to a question such as `--version`. */
export type ToolAnswer =
  | { readonly kind: 'answered'; readonly text: string }
  | { readonly kind: 'missing' }
  /** It is there and doesn't work: `text` is the last that it said. */
  | { readonly kind: 'failed'; readonly text: string };

const timeoutMs = 10_000;

/** Asks a tool a question that it answers at once. */
export async function askTool(
  command: string,
  args: readonly string[],
  {
    env = {},
    signal,
  }: { readonly env?: Readonly<Record<string, string>>; readonly signal?: AbortSignal } = {},
): Promise<ToolAnswer> {
  try {
    const { exitCode, stdout, stderr } = await runTool({ command, args, env, signal, timeoutMs });
    const text = stdout === '' ? stderr : stdout;
    if (exitCode === 0) return { kind: 'answered', text };
    return {
      kind: 'failed',
      text: tellingLine(stderr === '' ? stdout : stderr) ?? `exit code ${exitCode}`,
    };
  } catch (error) {
    if (!(error instanceof BenchError)) throw error;
    return error.code === 'TOOL_MISSING' ? { kind: 'missing' } : { kind: 'failed', text: error.story.what };
  }
}

/** The line that names the error; else the last one. */
function tellingLine(output: string): string | undefined {
  const lines = lastLines(output);
  return lines.find((line) => /error/i.test(line)) ?? lines.at(-1);
}

/** The first thing in a text that looks like a version: `12.2.0`. */
export function versionIn(text: string): string {
  return /\d+(?:\.\d+)+\S*/.exec(text)?.[0].replace(/[,)]+$/, '') ?? text.split('\n', 1)[0] ?? '';
}
