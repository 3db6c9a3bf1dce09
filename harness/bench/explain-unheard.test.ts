import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { DutError } from '../errors.ts';
import { startAckServer } from '../udp/ack-server.ts';
import { explainUnheard, type Unheard } from './explain-unheard.ts';
import { Journal } from './journal.ts';

const unheard = new DutError('DUT_NOT_HEARD', { what: 'the board sends in vain', evidence: ['sent seq=29'] });

/** A server that listens, and the journal of what it hears. */
async function listen(): Promise<Pick<Unheard, 'journal' | 'server' | 'boardAddress' | 'realBoard'>> {
  const dir = mkdtempSync(join(tmpdir(), 'explain-unheard-'));
  const journal = new Journal();
  const server = await startAckServer({
    host: '127.0.0.1',
    port: 0,
    eventsFile: join(dir, 'datagrams.jsonl'),
    onEvent: (event) => journal.addServerEvent(event),
    onFailure: (error) => {
      throw error;
    },
  });
  onTestFinished(async () => {
    await server[Symbol.asyncDispose]();
    rmSync(dir, { recursive: true });
  });
  return { journal, server: server.address, boardAddress: '127.0.0.9', realBoard: false };
}

it('a host whose own datagram arrives has no part in it', async () => {
  expect(await explainUnheard(unheard, await listen())).toBe(unheard);
});

it('a host whose own datagram doesn’t arrive has', async () => {
  // Nobody listens to what comes: the journal stays empty, as behind a firewall.
  const told = await explainUnheard(unheard, { ...(await listen()), journal: new Journal() });
  expect(told).toMatchObject({ code: 'HOST_FIREWALL', fault: 'bench', cause: unheard });
  expect(told.story.what).toContain('not even this host');
  expect(told.story.evidence).toContain('sent seq=29');
});

it('a real board that sends to somebody else’s address was built for another bench', async () => {
  const listening = { ...(await listen()), realBoard: true, target: { address: '192.0.2.165', port: 3333 } };
  const told = await explainUnheard(unheard, listening);
  expect(told).toMatchObject({ code: 'SERVER_ADDRESS_WRONG', fault: 'bench' });
  expect(told.story.what).toMatch(
    /^The board sends to 192\.0\.2\.165, which is not this machine: it is .*127\.0\.0\.1/,
  );
  expect(await explainUnheard(unheard, { ...listening, realBoard: false })).toBe(unheard);
});

it('an address that was named on purpose is nobody else’s', async () => {
  const target = { address: '192.0.2.165', port: 3333 };
  const told = await explainUnheard(unheard, {
    ...(await listen()),
    realBoard: true,
    target,
    serverAddress: target.address,
  });
  expect(told.code).not.toBe('SERVER_ADDRESS_WRONG');
});
