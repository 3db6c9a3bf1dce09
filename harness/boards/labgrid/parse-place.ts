/** A place, as `labgrid-client show` tells it. */
export interface ShownPlace {
  /** Who has it: `host/user`; absent when nobody has. */
  readonly acquiredBy?: string;
  readonly serialPorts: readonly ShownPort[];
}

export interface ShownPort {
  /** What it is called there: `rack/bench/NetworkSerialPort/NetworkSerialPort`. */
  readonly name: string;
  /** Whether its exporter has it at the moment. */
  readonly available: boolean;
  /** `rfc2217://HOST:PORT` or `socket://HOST:PORT`; absent when the exporter tells no address. */
  readonly url?: string;
  /** It can be reached by way of the exporter's SSH only. */
  readonly proxied: boolean;
}

/**
 * Reads what `labgrid-client show` prints of a place and its resources (labgrid 23 to 26): a Python dictionary for each.
 * Resources that are no serial ports on the network are left out.
 */
export function parsePlace(output: string): ShownPlace {
  const acquiredBy = /^ {2}acquired: (\S+\/\S+)$/m.exec(output)?.[1];
  const resources = [...output.matchAll(resource)].map(([, name = '', kind = '', told = '']) => ({
    name,
    kind,
    told,
  }));
  return {
    ...(acquiredBy !== undefined && { acquiredBy }),
    serialPorts: resources
      .filter(({ kind }) => kind === 'NetworkSerialPort')
      .map(({ name, told }) => parsePort(name, told)),
  };
}

/** `Acquired resource 'name' (exporter/group/class/name):` and the indented dictionary below it. */
const resource = /^(?:Acquired|Matching) resource '[^']*' \(([^)]*\/([^/)]+)\/[^/)]+)\):\n((?: .*\n?)*)/gm;

function parsePort(name: string, told: string): ShownPort {
  const host = /'host': '([^']+)'/.exec(told)?.[1];
  const port = /'port': (\d+)/.exec(told)?.[1];
  const scheme = told.includes("'protocol': 'raw'") ? 'socket' : 'rfc2217';
  return {
    name,
    available: told.includes("'avail': True"),
    ...(host !== undefined && port !== undefined && { url: `${scheme}://${host}:${port}` }),
    proxied: told.includes("'proxy_required': True"),
  };
}
