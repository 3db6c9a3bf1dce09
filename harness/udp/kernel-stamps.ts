import type { HostNs } from '../time/clock.ts';
import type { SocketFfi } from './socket-ffi.ts';
import { readClockPair, WallClockSteps, wallToHost, type Converted } from './wall-clock.ts';

/** The receive stamps that the network stack keeps for one open socket, on the monotonic clock. */
export class KernelStamps {
  private readonly fd: number;
  private readonly ffi: SocketFfi;
  private readonly steps: WallClockSteps;

  /** Switches stamping on for the socket `fd`: the first call does. The kernel takes a few milliseconds to follow. */
  constructor(fd: number, ffi: SocketFfi) {
    this.fd = fd;
    this.ffi = ffi;
    this.steps = new WallClockSteps(readClockPair(ffi.realtimeNs));
    ffi.receiveStampNs(fd);
  }

  /**
   * When the datagram arrived that was read last. `busySinceNs`: it can't have been in the queue before that, but for
   * the time it took us to wake up.
   *
   * @returns `undefined` when there is no stamp or none to be trusted.
   */
  ofLastDatagram(busySinceNs: HostNs): Converted | undefined {
    const pair = readClockPair(this.ffi.realtimeNs);
    const steadySinceNs = this.steps.steadySinceNs(pair);
    const wallNs = this.ffi.receiveStampNs(this.fd);
    if (wallNs === undefined) return undefined;
    // The wall clock was set while the datagram may have been waiting: its stamp is on the clock as it was or as it is.
    if (steadySinceNs > busySinceNs) return undefined;
    // Later than our look at the clock: the datagram had no stamp (it came before stamping was on), and the kernel
    // gave us the time of the call instead.
    if (wallNs >= pair.wallNs) return undefined;
    return wallToHost(wallNs, this.steps.sharpen(pair));
  }
}
