/** Owns the file given, says so, and stays: a process for tests to kill. */
import { tryOwn } from '../owner-lock.ts';

const [file = ''] = process.argv.slice(2);

// Kept in scope, or the descriptor might be collected.
const lock = tryOwn(file, { why: 'a test', run: 'run-1' });
process.stdout.write(lock === undefined ? 'refused\n' : 'owned\n');
process.stdin.resume();
process.stdin.once('end', () => lock?.[Symbol.dispose]());
