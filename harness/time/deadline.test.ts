import { describe, expect, it } from 'vitest';
import { BenchError } from '../errors.ts';
import { withDeadline } from './deadline.ts';

const never = new Promise<never>(() => undefined);

describe('withDeadline', () => {
  it('gives what was waited for', async () => {
    await expect(withDeadline(Promise.resolve(7), { timeoutMs: 1000, waitingFor: 'seven' })).resolves.toBe(7);
  });

  it('names what did not come, and when it gave up', async () => {
    const late = withDeadline(never, { timeoutMs: 1, waitingFor: 'answer to SYNC' });
    await expect(late).rejects.toThrow('TIMEOUT: No answer to SYNC within 1 ms.');
  });

  it('lets the caller word it', async () => {
    const onTimeout = () => new BenchError('PORT_SILENT', { what: 'Nothing came' });
    await expect(withDeadline(never, { timeoutMs: 1, waitingFor: 'x', onTimeout })).rejects.toThrow(
      'PORT_SILENT',
    );
  });

  it('ends with the reason of the signal, before and while it waits', async () => {
    const stop = new AbortController();
    const wait = withDeadline(never, { timeoutMs: 60_000, waitingFor: 'x', signal: stop.signal });
    stop.abort(new Error('stopped'));
    await expect(wait).rejects.toThrow('stopped');
    await expect(
      withDeadline(never, { timeoutMs: 60_000, waitingFor: 'x', signal: stop.signal }),
    ).rejects.toThrow('stopped');
  });

  it('leaves no rejection behind when it did not wait to the end', async () => {
    const unheard: unknown[] = [];
    const listen = (reason: unknown) => void unheard.push(reason);
    process.on('unhandledRejection', listen);
    const failsLater = Promise.resolve().then(() => {
      throw new Error('too late');
    });
    const wait = withDeadline(failsLater, {
      timeoutMs: 1000,
      waitingFor: 'x',
      signal: AbortSignal.abort(new Error('stopped')),
    });
    await expect(wait).rejects.toThrow('stopped');
    // Node.js reports them after the microtasks of a turn.
    await new Promise(setImmediate);
    process.off('unhandledRejection', listen);
    expect(unheard).toEqual([]);
  });
});
