/**
 * For a program that serves until somebody wants it to end: resolves with the exit code then. `withStdin`: also when standard
 * input ends, so that the program ends with whoever has started it.
 */
export function waitForEnd(withStdin: boolean): Promise<number> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve(130));
    process.once('SIGTERM', () => resolve(143));
    process.once('SIGHUP', () => resolve(129));
    if (withStdin) {
      process.stdin.once('end', () => resolve(0));
      process.stdin.once('error', () => resolve(0));
      process.stdin.resume();
    }
  });
}
