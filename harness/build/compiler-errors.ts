import { relative } from 'node:path';
import { BenchError, DutError } from '../errors.ts';
import { lastLines, type ToolResult } from '../process/run-tool.ts';
import type { Unit } from './c-compiler.ts';
import type { Plan } from './host-plan.ts';

/** More than that only hide the first one. */
const MAX_LINES = 10;

/** The error for a file that doesn't compile: the firmware's fault, unless the file is the shim's. */
export function compileError(plan: Plan, unit: Unit, { stderr }: ToolResult): DutError | BenchError {
  const errors = stderr.split('\n').filter((line) => /: (?:fatal )?error: /.test(line));
  const [, where = unit.source] = /^(.+?:\d+:\d+): /.exec(errors[0] ?? '') ?? [];
  const story = {
    what: `${relative(plan.project.dir, unit.source)} does not compile`,
    where,
    evidence: errors.length > 0 ? errors.slice(0, MAX_LINES) : lastLines(stderr, MAX_LINES),
    next: `mend it; the compiler's whole output is in ${plan.logFile}`,
  };
  return plan.project.sources.includes(unit.source)
    ? new DutError('COMPILE_FAILED', story)
    : new BenchError('SHIM_BROKEN', story);
}

/** The error for objects that can't be put together: something is missing, or there twice. */
export function linkError(plan: Plan, { stderr }: ToolResult): DutError {
  const errors = stderr.split('\n').filter((line) => /undefined reference|multiple definition/.test(line));
  return new DutError('LINK_FAILED', {
    what: 'The firmware could not be linked for this machine',
    where: plan.logFile,
    evidence: errors.length > 0 ? errors.slice(0, MAX_LINES) : lastLines(stderr, MAX_LINES),
    next: 'mend the firmware; firmware/host/README.md lists what the host build knows of ESP-IDF',
  });
}
