import { readdirSync, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { BenchError } from '../errors.ts';
import type { Endpoint } from '../record/events.ts';
import { printable } from '../printable.ts';
import { readUdpSockets, socketsOf } from './udp-sockets.ts';

/** Says in one sentence why the server can't listen `at`, and who is in the way where that can be known. */
export function explainBindError(cause: NodeJS.ErrnoException, at: Endpoint): BenchError {
  const where = `${at.address}:${at.port}`;
  switch (cause.code ?? '') {
    case 'EADDRINUSE':
      return new BenchError('PORT_IN_USE', {
        what: `UDP port ${where} is in use by ${describeHolder(at)}`,
        next: 'Stop that program or choose another port.',
        cause,
      });
    case 'EADDRNOTAVAIL':
    case 'EINVAL':
      return new BenchError('ADDRESS_NOT_OURS', {
        what: `${at.address} is not an address of this host, which has ${ownAddresses().join(', ')}`,
        next: 'Choose one of these, or 0.0.0.0 for all of them.',
        cause,
      });
    case 'EACCES':
      return new BenchError('PORT_PERMISSION', {
        what: `This user may not listen on UDP port ${where}; ports below 1024 are reserved for root on most systems`,
        next: 'Choose a port from 1024 up.',
        cause,
      });
    default:
      return new BenchError('BIND_FAILED', {
        what: `Can't listen on UDP port ${where}: ${cause.message}`,
        cause,
      });
  }
}

/** The IPv4 addresses of this host, the loopback's among them. */
export function ownAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family }) => family === 'IPv4')
    .map(({ address }) => address);
}

/** "node server.js" (pid 4711), as far as `/proc` tells. */
function describeHolder(at: Endpoint): string {
  const rivals = readUdpSockets().filter(
    ({ address, port }) =>
      port === at.port && (address === at.address || [address, at.address].includes('0.0.0.0')),
  );
  const [rival] = rivals;
  if (rival === undefined) return 'another program';
  const inodes = new Set(rivals.map(({ inode }) => inode));
  for (const pid of processes()) {
    for (const { inode } of socketsOf(pid)) {
      if (!inodes.has(inode)) continue;
      return Number(pid) === process.pid
        ? `this very process (pid ${pid})`
        : `"${commandOf(pid)}" (pid ${pid})`;
    }
  }
  return `a program of the user with uid ${rival.uid}`;
}

function processes(): string[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
}

/** The command line, its arguments separated by blanks. */
function commandOf(pid: string): string {
  try {
    return printable(readFileSync(`/proc/${pid}/cmdline`))
      .replaceAll('\\x00', ' ')
      .trim();
  } catch {
    return 'a program that has just ended';
  }
}
