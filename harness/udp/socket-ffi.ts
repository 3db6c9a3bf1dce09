import { createRequire } from 'node:module';
import type Koffi from 'koffi';

/**
 * What Linux knows about a datagram socket and `node:dgram` doesn't pass on. No privilege needed.
 *
 * @see socket(7) SIOCGSTAMPNS; include/uapi/linux/sock_diag.h SK_MEMINFO_*; clock_gettime(2)
 */
export interface SocketFfi {
  /**
   * When the datagram that was read last from this socket arrived: CLOCK_REALTIME in ns. The first call switches
   * the stamping on. For a datagram without a stamp (it came before that) the kernel returns the time of this call.
   *
   * @returns `undefined` when nothing was read yet, or the kernel can't.
   */
  readonly receiveStampNs: (fd: number) => bigint | undefined;
  /** CLOCK_REALTIME in ns. */
  readonly realtimeNs: () => bigint;
  /** How many datagrams the receive queue had no room for since the socket was opened. */
  readonly drops: (fd: number) => number | undefined;
}

const SIOCGSTAMPNS = 0x8907n;
const CLOCK_REALTIME = 0;
const SOL_SOCKET = 1;
const SO_MEMINFO = 55;
const SK_MEMINFO_DROPS = 8;
const SK_MEMINFO_VARS = 9;

/** These share the asm-generic numbers above, a 64-bit `struct timespec`, and koffi ships binaries for them. */
const supportedArchitectures: readonly NodeJS.Architecture[] = ['x64', 'arm64', 'riscv64', 'loong64'];

/** Binds the C functions; `undefined` where they are not to be had. */
export function loadSocketFfi(): SocketFfi | undefined {
  if (process.platform !== 'linux' || !supportedArchitectures.includes(process.arch)) return undefined;
  try {
    return bindFunctions(createRequire(import.meta.url)('koffi') as typeof Koffi);
  } catch {
    // Installed without optional dependencies, or a C library that koffi has no binary for.
    return undefined;
  }
}

function bindFunctions(koffi: typeof Koffi): SocketFfi {
  const libc = koffi.load(null);
  const ioctl = libc.func('int ioctl(int fd, unsigned long request, _Out_ int64_t *timespec)');
  const clockGettime = libc.func('int clock_gettime(int clock, _Out_ int64_t *timespec)');
  const getsockopt = libc.func(
    'int getsockopt(int fd, int level, int name, _Out_ uint32_t *value, _Inout_ uint32_t *length)',
  );
  const timespec = new BigInt64Array(2);
  const meminfo = new Uint32Array(SK_MEMINFO_VARS);
  const length = new Uint32Array(1);
  const timespecNs = (): bigint => (timespec[0] ?? 0n) * 1_000_000_000n + (timespec[1] ?? 0n);
  return {
    receiveStampNs: (fd) => (ioctl(fd, SIOCGSTAMPNS, timespec) === 0 ? timespecNs() : undefined),
    realtimeNs: () => {
      clockGettime(CLOCK_REALTIME, timespec);
      return timespecNs();
    },
    drops: (fd) => {
      length[0] = meminfo.byteLength;
      return getsockopt(fd, SOL_SOCKET, SO_MEMINFO, meminfo, length) === 0
        ? meminfo[SK_MEMINFO_DROPS]
        : undefined;
    },
  };
}
