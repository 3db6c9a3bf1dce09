import { expect, test } from 'vitest';
import { UsageError } from '../errors.ts';
import { elapsedMs, hostNow } from '../time/clock.ts';
import type { Mischief, ObedientFunctions } from './testing/obedient-thread.ts';
import { startCalledThread } from './thread-calls.ts';

function start(data: Mischief = 'none', announced: (text: string) => void = () => undefined) {
  const module = new URL('./testing/obedient-thread.ts', import.meta.url);
  return startCalledThread<Mischief, ObedientFunctions>({ module, data, name: 'obedient' }, { announced });
}

test('calls a function of the thread', async () => {
  await using thread = start();
  expect(await thread.call.double(21)).toBe(42);
});

test('hears the thread before the call returns that made it speak', async () => {
  const heard: string[] = [];
  await using thread = start('none', (text) => heard.push(text));
  await thread.call.announce('first');
  expect(heard).toEqual(['first']);
});

test('a call rejects with the error that the thread threw, in its own class', async () => {
  await using thread = start();
  const refused = thread.call.refuse();
  await expect(refused).rejects.toBeInstanceOf(UsageError);
  await expect(refused).rejects.toThrow('NOT_THIS: This call is refused.\n  | it always is');
});

test('a thread that throws while it is loaded rejects the first call, and all later ones', async () => {
  await using thread = start('throws at once');
  await expect(thread.call.double(1)).rejects.toThrow(UsageError);
  await expect(thread.call.double(1)).rejects.toThrow('NOT_TODAY: This thread refuses to start.');
  expect(await thread.gone).toBeInstanceOf(UsageError);
});

test('a module that does not exist rejects the first call', async () => {
  const module = new URL('./testing/no-such-thread.ts', import.meta.url);
  await using thread = startCalledThread<null, ObedientFunctions>(
    { module, data: null, name: 'missing' },
    {},
  );
  await expect(thread.call.double(1)).rejects.toThrow(/Cannot find module .*no-such-thread\.ts/);
});

test.each([
  [
    'exits',
    (call: ReturnType<typeof start>['call']) => call.exit(3),
    'THREAD_ENDED: The obedient thread ended with exit code 3.',
  ],
  [
    'throws',
    (call: ReturnType<typeof start>['call']) => call.throwLater(),
    'TOO_LATE: Nobody waits for this.',
  ],
])('a thread that %s rejects the calls that are open', async (_, act, message) => {
  await using thread = start();
  const open = thread.call.neverAnswer();
  act(thread.call).catch(() => undefined);
  await expect(open).rejects.toThrow(message);
  expect((await thread.gone)?.message).toBe(message);
});

test('closing is asked for once, and then nobody is to blame', async () => {
  const thread = start();
  await Promise.all([thread.close(), thread.close()]);
  await thread.close();
  expect(await thread.gone).toBeUndefined();
  await expect(thread.call.double(1)).rejects.toThrow('THREAD_ENDED');
});

test('a thread that will not close is ended after two seconds, and that is said', async () => {
  const thread = start('will not close');
  await thread.call.double(1);
  const startNs = hostNow();
  await expect(thread.close()).rejects.toThrow('TIMEOUT: No end of the obedient thread within 2000 ms.');
  expect(elapsedMs(startNs)).toBeLessThan(4000);
  expect(await thread.gone).toBeUndefined();
});
