import { parentPort, type Worker } from 'node:worker_threads';
import { BenchError, restoreError, type HilError } from '../errors.ts';
import { answerPeer, callPeer, type Peer, type PeerFunctions, type Remote } from './remote-calls.ts';
import { startThread, type ThreadStart } from './thread.ts';

export type { Peer as CalledThread, PeerFunctions as ThreadFunctions, Remote } from './remote-calls.ts';

/** Starts a thread that offers `Functions` (it does so by {@link answerCalls}) and may call `local`. */
export function startCalledThread<Data, Functions extends PeerFunctions>(
  start: ThreadStart<Data>,
  local: object,
): Peer<Functions> {
  const worker = startThread(start);
  const name = `${start.name} thread`;
  return callPeer<Functions>(
    {
      name,
      post: (message) => worker.postMessage(message),
      listen: (listener) => void worker.on('message', listener),
      ended: whyEnded(worker, name),
      kill: () => worker.terminate(),
    },
    local,
  );
}

/** In a thread: offers `functions` to the thread that started it. Returns that thread's functions. */
export function answerCalls<Local extends object>(functions: PeerFunctions): Remote<Local> {
  const port = parentPort;
  if (port === null) throw new Error('answerCalls() works in worker threads only');
  return answerPeer<Local>(functions, {
    post: (message) => port.postMessage(message),
    listen: (listener) => void port.on('message', listener),
  });
}

/** Why the thread ended: what it threw, or its exit. */
function whyEnded(worker: Worker, name: string): Promise<Error> {
  return new Promise((resolve) => {
    worker.once('error', (thrown) => {
      // Node.js carries an uncaught error's own fields over, but not its class.
      resolve('story' in thrown ? restoreError(thrown as HilError) : thrown);
    });
    worker.once('exit', (code) => {
      resolve(new BenchError('THREAD_ENDED', { what: `The ${name} ended with exit code ${code}` }));
    });
  });
}
