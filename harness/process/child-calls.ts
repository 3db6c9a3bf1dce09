import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { BenchError } from '../errors.ts';
import { answerPeer, callPeer, type Peer, type PeerFunctions, type Remote } from './remote-calls.ts';
import type { ThreadStart } from './thread.ts';

/**
 * Starts a child process, for what can't run in a worker thread. It offers `Functions` (by {@link answerParent}) and
 * may call `local`. It does not outlive its parent: {@link answerParent} sees to that.
 */
export function startCalledChild<Data, Functions extends PeerFunctions>(
  start: ThreadStart<Data>,
  local: object,
): Peer<Functions> {
  const entry = fileURLToPath(new URL('./child-entry.cjs', import.meta.url));
  const child = fork(entry, [start.module.href, JSON.stringify(start.data)], {
    // Loaders and inspectors of the parent are not the child's.
    execArgv: [],
    serialization: 'advanced',
  });
  const name = `${start.name} process`;
  return callPeer<Functions>(
    {
      name,
      post: (message) => void child.send(message as object),
      listen: (listener) => void child.on('message', listener),
      ended: childEnd(child, name),
      kill: () => child.kill('SIGKILL'),
    },
    local,
  );
}

/** In a child: the data that it was started with. */
export function childData(): unknown {
  return JSON.parse(process.argv[3] ?? 'null');
}

/** In a child: offers `functions` to the parent, and returns the parent's. Ends the child when the parent has gone. */
export function answerParent<Local extends object>(functions: PeerFunctions): Remote<Local> {
  // Ctrl-C reaches the whole process group. The parent hears it too, and closes us in its order.
  process.on('SIGINT', () => undefined);
  process.once('disconnect', () => {
    const exit = (): void => process.exit();
    functions.close().then(exit, exit);
  });
  return answerPeer<Local>(functions, {
    post: (message) => void process.send?.(message),
    listen: (listener) => void process.on('message', listener),
  });
}

/** Why the child ended. */
async function childEnd(child: ChildProcess, name: string): Promise<Error> {
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    return new BenchError('CHILD_ENDED', {
      what: `The ${name} ended with ${signal === null ? `exit code ${code ?? 'unknown'}` : `signal ${signal}`}`,
    });
  } catch (error) {
    return new BenchError('CHILD_ENDED', {
      what: `The ${name} could not be started`,
      evidence: [(error as Error).message],
      cause: error,
    });
  }
}
