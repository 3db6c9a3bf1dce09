import { UsageError } from '../errors.ts';

/** Where a serial port is: a device of this host, or a server on the network. */
export type PortAddress =
  | { readonly kind: 'device'; readonly path: string }
  | { readonly kind: 'rfc2217' | 'tcp'; readonly host: string; readonly port: number };

const schemes: Readonly<Record<string, 'rfc2217' | 'tcp'>> = {
  'rfc2217:': 'rfc2217',
  'socket:': 'tcp',
  'tcp:': 'tcp',
};

/**
 * Reads a port as users write it: `/dev/ttyUSB0`, `COM3`, `rfc2217://host:port`, `socket://host:port`
 * (`tcp://` means the same). Options after a `?`, as pyserial has them, are ignored: none is needed here.
 *
 * @throws UsageError `PORT_ADDRESS` when it is none of these.
 */
export function parsePortAddress(path: string): PortAddress {
  if (path === '') throw invalid(path, 'it is empty');
  const scheme = /^[a-z][a-z0-9+.-]*:(?=\/\/)/i.exec(path)?.[0].toLowerCase();
  if (scheme === undefined) return { kind: 'device', path };
  const kind = schemes[scheme];
  if (kind === undefined) throw invalid(path, `"${scheme}//" is not known`);
  if (!URL.canParse(path)) throw invalid(path, 'it is not a URL');
  const { hostname, port } = new URL(path);
  if (hostname === '') throw invalid(path, 'the host is missing');
  if (port === '' || port === '0') throw invalid(path, 'the TCP port is missing');
  // Node.js wants an IPv6 address without the brackets that a URL needs.
  return { kind, host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port) };
}

function invalid(path: string, why: string): UsageError {
  return new UsageError('PORT_ADDRESS', {
    what: `"${path}" is no serial port: ${why}`,
    next: 'write a path (/dev/ttyUSB0, COM3), rfc2217://host:port or socket://host:port',
  });
}
