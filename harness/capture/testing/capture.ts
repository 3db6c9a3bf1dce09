/** Captures at the address given, says what came of it, and stays: a process for tests, of another user or to be killed. */
import { startCapture } from '../start-capture.ts';

const [address = '', port = '', file = ''] = process.argv.slice(2);
const { signal } = new AbortController();

void startCapture({
  at: { address, port: Number(port) },
  file,
  signal,
  onReport: (report) => {
    process.stdout.write(`${JSON.stringify(report)}\n`);
    process.stdin.resume();
  },
});
