import { describe, expect, it } from 'vitest';
import { linesOf } from '../log/testdata/console.ts';
import type { HostNs } from '../time/clock.ts';
import { BoardWatch } from './board-watch.ts';
import { Journal } from './journal.ts';
import { Provisioner, type ProvisionerOptions } from './provisioner.ts';
import { reportCrash } from './report-crash.ts';

const prompt = 'I (722) example_connect: Please input ssid password:';
const address = 'I (790) example_common: - IPv4 address: 127.0.0.9,';
const addressPrompt = 'I (800) Client: waiting for the server address on stdin';
const lab = { ssid: 'lab', password: 'secret123' };

/** A console that a provisioner attends to; `said` is what the board says, `typed` what it is told. */
function attend(options: Partial<ProvisionerOptions> = {}, said: readonly string[] = []) {
  const journal = new Journal();
  const closing = new AbortController();
  const watch = new BoardWatch({
    journal,
    server: { address: '0.0.0.0', port: 3333 },
    role: 'client',
    periodMs: 100,
    realBoard: true,
    reportCrash: (dump, scene) => reportCrash(dump, scene, undefined, closing.signal),
    signal: closing.signal,
  });
  const typed: string[] = [];
  const given: string[] = [];
  const say = (...lines: string[]): void =>
    linesOf(lines.join('\n')).forEach((line) => journal.addLine(line));
  watch.expectBoot(0 as HostNs);
  say(...said);
  const provisioner = new Provisioner({
    journal,
    watch,
    monitor: { write: (text) => Promise.resolve(void typed.push(text)) },
    server: { address: '0.0.0.0', port: 3333 },
    credentials: lab,
    onGiven: (detail) => given.push(detail),
    ...options,
  });
  const attending = provisioner.attend(0 as HostNs, closing.signal);
  return { say, typed, given, watch, attending, stop: () => closing.abort(new Error('stopped')) };
}

describe('answers', () => {
  it('each question once, in order, by the address that leads to the board; the password is not told', async () => {
    const console = attend();
    console.say(prompt, address, addressPrompt);
    await expect.poll(() => console.typed).toEqual(['lab secret123\n', '127.0.0.1\n']);
    expect(console.given).toEqual(['network "lab", with its password', '127.0.0.1']);
    console.stop();
    await console.attending;
  });

  it('two questions in one breath', async () => {
    const console = attend({ serverAddress: '203.0.113.7' }, [prompt, addressPrompt]);
    await expect.poll(() => console.typed).toEqual(['lab secret123\n', '203.0.113.7\n']);
  });

  it('what was asked before it listened', async () => {
    const console = attend({}, [prompt]);
    await expect.poll(() => console.typed).toEqual(['lab secret123\n']);
  });

  it('an open network by its name alone', async () => {
    const console = attend({ credentials: { ssid: 'lab' } }, [prompt]);
    await expect.poll(() => console.typed).toEqual(['lab\n']);
    expect(console.given).toEqual(['network "lab", open']);
  });

  it.each([
    [{ serverAddress: '203.0.113.7' }, '203.0.113.7\n'],
    [{ server: { address: '127.0.0.43', port: 3333 } }, '127.0.0.43\n'],
  ])('with the address of %j', async (options, line) => {
    const console = attend(options, [address, addressPrompt]);
    await expect.poll(() => console.typed).toEqual([line]);
  });

  it('a firmware that reads the address without a word, by what it says before; again, when it reads again', async () => {
    const console = attend({ addressCues: ['ip-address', 'socket-restarting'] }, [address]);
    await expect.poll(() => console.typed).toEqual(['127.0.0.1\n']);
    console.say('E (900) Client: Shutting down socket and restarting...');
    await expect.poll(() => console.typed).toEqual(['127.0.0.1\n', '127.0.0.1\n']);
  });
});

it('tells a firmware that doesn’t ask nothing', async () => {
  const console = attend();
  console.say(address, 'I (810) Client: start period_ms=100 host=127.0.0.1 port=3333 payload_len=16');
  console.stop();
  await console.attending;
  expect(console.typed).toEqual([]);
});

describe('what it can’t answer ends the wait at once', () => {
  it.each([
    ['WIFI_CREDENTIALS_MISSING', { credentials: undefined }, [prompt]],
    ['SERVER_ADDRESS_UNKNOWN', {}, [addressPrompt]],
    ['NO_ROUTE_TO_BOARD', {}, [address.replace('127.0.0.9', '255.255.255.255'), addressPrompt]],
  ])('%s', async (code, options, said) => {
    const { watch, attending } = attend(options, said);
    await attending;
    await expect(watch.firstDatagram(60_000)).rejects.toMatchObject({ code, fault: 'bench' });
  });
});
