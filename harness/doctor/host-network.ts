/** The host's network, as the ack server meets it. */
import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { HilError } from '../errors.ts';
import type { Stamp } from '../record/events.ts';
import { tiers } from '../record/tier.ts';
import { withDeadline } from '../time/deadline.ts';
import { openDatagramSocket, wantedReceiveBufferBytes } from '../udp/datagram-socket.ts';
import { broken, missing, ok, type Check, type Subject } from './finding.ts';

export const checkServerPort: Check = async ({ serverPort: port }) => {
  const subject: Subject = { id: 'udp-port', name: `UDP port ${port}`, neededFor: 'the ack server', tiers };
  try {
    const at = { address: '0.0.0.0', port };
    const ignore = (): void => undefined;
    const socket = await openDatagramSocket({
      at,
      stampSource: 'handler',
      onDatagram: ignore,
      onError: ignore,
    });
    await socket.close();
    return [ok(subject, 'free')];
  } catch (error) {
    if (!(error instanceof HilError)) throw error;
    return [broken(subject, error.story.what, error.story.next ?? 'choose another: --server-port PORT')];
  }
};

export const checkInterfaces: Check = () => {
  const subject: Subject = {
    id: 'interfaces',
    name: 'Network',
    neededFor: 'a real board, which must reach this machine',
    tiers: ['board'],
  };
  const addresses = Object.entries(networkInterfaces()).flatMap(([name, list]) =>
    (list ?? []).flatMap(({ family, internal, address }) =>
      family === 'IPv4' && !internal ? [`${name} ${address}`] : [],
    ),
  );
  const finding =
    addresses.length > 0
      ? ok(subject, addresses.join(', '))
      : missing(subject, 'join the network that the board is in', 'no IPv4 address but the loopback');
  return Promise.resolve([finding]);
};

export const checkReceiveBuffer: Check = async () => {
  const subject: Subject = {
    id: 'receive-buffer',
    name: 'Receive buffer',
    neededFor: 'datagrams that wait while this machine is busy',
    tiers: [],
  };
  const text = await readFile('/proc/sys/net/core/rmem_max', 'utf8').catch(() => undefined);
  if (text === undefined) return [ok(subject, 'as this system gives it')];
  const found = `net.core.rmem_max = ${text.trim()}`;
  if (Number(text) >= wantedReceiveBufferBytes) return [ok(subject, found)];
  return [
    broken(
      subject,
      `${found}: less than the ${wantedReceiveBufferBytes} that the server asks for`,
      `sudo sysctl -w net.core.rmem_max=${wantedReceiveBufferBytes}`,
    ),
  ];
};

/** Whether a datagram to ourselves comes with a stamp of the network stack. */
export const checkKernelStamps: Check = async ({ signal }) => {
  const subject: Subject = {
    id: 'kernel-stamps',
    name: 'Kernel stamps',
    neededFor: 'arrival times that a busy host does not blur',
    tiers: [],
  };
  const source = await stampOfOwnDatagram(signal);
  if (source === 'kernel') return [ok(subject, 'by SIOCGSTAMPNS, through koffi')];
  return [
    process.platform === 'linux'
      ? broken(
          subject,
          "none: Node.js's own clock serves",
          'npm ci (koffi comes with a binary for this system)',
        )
      : missing(subject, 'run the bench on Linux', "this system has none: Node.js's own clock serves"),
  ];
};

/** The first ones after the socket was opened may be without. */
async function stampOfOwnDatagram(signal: AbortSignal): Promise<Stamp['source']> {
  let tries = 0;
  let done: (source: Stamp['source']) => void = () => undefined;
  const stamped = new Promise<Stamp['source']>((resolve) => (done = resolve));
  const socket = await openDatagramSocket({
    at: { address: '127.0.0.1', port: 0 },
    stampSource: 'kernel',
    onDatagram: ({ stamp }) => {
      const { source } = stamp();
      if (source === 'kernel' || ++tries === maxTries) done(source);
      else send();
    },
    onError: () => done('handler'),
  });
  const send = (): void => socket.send(Buffer.from('hil doctor'), socket.address, () => undefined);
  send();
  try {
    return await withDeadline(stamped, { timeoutMs: 2_000, waitingFor: 'our own datagram', signal });
  } finally {
    await socket.close();
  }
}

const maxTries = 50;
