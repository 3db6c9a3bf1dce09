/**
 * When did a datagram arrive? Two clocks see it on its way to us:
 *
 *     wire ─▶ network stack ─▶ receive queue ─▶ recvmsg() in libuv ─▶ 'message' handler
 *               │ stamps it       it waits here                          │ reads the
 *               │ (wall clock)    while we are busy                      │ monotonic clock
 *               └──── kept by the socket ─▶ ioctl(SIOCGSTAMPNS) ─────────┘
 *
 * libuv reads one datagram, calls the handler, reads the next: so in the handler the socket still holds the stamp of
 * the handler's own datagram, exact however late we are. The handler's clock serves where the kernel's stamp can't
 * be had or can't be trusted.
 */
import type { Stamp } from '../record/events.ts';
import { hostNow, type HostNs } from '../time/clock.ts';
import type { KernelStamps } from './kernel-stamps.ts';
import { LoopTurn } from './loop-turn.ts';

/** A sleeping thread wakes up within this time in 99 of 100 cases, on a host with a core to spare. */
const wakeUpUs = 200;

/** Stamps the datagrams of one open socket. */
export class ArrivalStamper {
  private readonly kernel: KernelStamps | undefined;
  private readonly turn = new LoopTurn(hostNow());

  /** Without `kernel`, all stamps are the handler's. */
  constructor(kernel?: KernelStamps) {
    this.kernel = kernel;
  }

  /** To be called in the handler of each datagram, once, with the time when the handler was entered. */
  stamp(handledNs: HostNs): Stamp {
    const busySinceNs = this.turn.begin(handledNs);
    const arrival = this.kernel?.ofLastDatagram(busySinceNs);
    if (arrival) return { source: 'kernel', ...arrival };
    return { source: 'handler', hostNs: handledNs, boundUs: wakeUpUs + (handledNs - busySinceNs) / 1000 };
  }
}
