import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Endpoint } from '../record/events.ts';

/** One row of `/proc/net/udp`. @see proc_net_udp(5) */
export interface UdpSocket {
  /** Dotted IPv4 address, `0.0.0.0` for all. */
  readonly address: string;
  readonly port: number;
  readonly uid: number;
  /** The socket's number; `/proc/<pid>/fd/<fd>` of its holder links to `socket:[inode]`. */
  readonly inode: string;
  /** Datagrams that its receive queue had no room for. */
  readonly drops: number;
}

/** Every socket of this host's network namespace that holds an IPv4 UDP port; empty where there is no `/proc`. */
export function readUdpSockets(): UdpSocket[] {
  return ['/proc/net/udp', '/proc/net/udp6'].flatMap((file) => parseUdpSockets(readOrEmpty(file)));
}

/** Parses `/proc/net/udp` or `/proc/net/udp6`; an IPv6 socket counts if it receives IPv4 datagrams too. */
export function parseUdpSockets(table: string): UdpSocket[] {
  return table
    .split('\n')
    .slice(1)
    .flatMap((row) => {
      const [, local, , , , , , uid, , inode, , , drops] = row.trim().split(/\s+/);
      const [addressHex, portHex] = local?.split(':') ?? [];
      if (addressHex === undefined || portHex === undefined || inode === undefined) return [];
      const address = ipv4Part(addressHex);
      if (address === undefined) return [];
      return [{ address, port: parseInt(portHex, 16), uid: Number(uid), inode, drops: Number(drops) }];
    });
}

/** Our own socket that is bound to `at`; `undefined` where there is no `/proc`. */
export function findOwnSocket(at: Endpoint): OpenSocket | undefined {
  const inodes = new Set(
    readUdpSockets()
      .filter(({ address, port }) => address === at.address && port === at.port)
      .map(({ inode }) => inode),
  );
  for (const socket of socketsOf('self')) if (inodes.has(socket.inode)) return socket;
  return undefined;
}

/** Datagrams that the receive queue of a socket had no room for. */
export function readDrops(inode: string): number | undefined {
  return readUdpSockets().find((socket) => socket.inode === inode)?.drops;
}

/** A socket among the open files of a process. */
export interface OpenSocket {
  readonly fd: number;
  readonly inode: string;
}

/** Sockets among the open files of a process, as far as we may look. */
export function* socketsOf(pid: string): Generator<OpenSocket> {
  const folder = `/proc/${pid}/fd`;
  for (const fd of listOrEmpty(folder)) {
    const inode = /^socket:\[(\d+)\]$/.exec(linkOrEmpty(`${folder}/${fd}`))?.[1];
    if (inode !== undefined) yield { fd: Number(fd), inode };
  }
}

/** IPv6's `::` receives for every IPv4 address, `::ffff:a.b.c.d` for one. */
function ipv4Part(hex: string): string | undefined {
  const [, ipv4] = /^(?:0{24}(?=0{8})|0{16}FFFF0000)?(.{8})$/.exec(hex) ?? [];
  // Each 32 bits are printed as a number in the host's byte order, which is little-endian on all our hosts.
  return ipv4 && [6, 4, 2, 0].map((at) => parseInt(ipv4.slice(at, at + 2), 16)).join('.');
}

function readOrEmpty(file: string): string {
  return orElse(() => readFileSync(file, 'latin1'), '');
}

function listOrEmpty(folder: string): string[] {
  return orElse(() => readdirSync(folder), []);
}

function linkOrEmpty(file: string): string {
  return orElse(() => readlinkSync(file), '');
}

/** Processes come and go while we look, and those of other users are closed to us. */
function orElse<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch {
    return otherwise;
  }
}
