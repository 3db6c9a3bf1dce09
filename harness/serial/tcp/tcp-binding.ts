import { elapsedMs, hostNow } from '../../time/clock.ts';
import type { BindingInterface, OpenOptions } from '../binding.ts';
import { connectTcp, type TcpAddress } from './connect.ts';
import { TcpPort } from './tcp-port.ts';

export interface TcpOpenOptions extends OpenOptions {
  readonly address: TcpAddress;
}

/** A node-serialport binding for ports behind raw TCP servers. */
export const tcpBinding: BindingInterface<TcpPort, TcpOpenOptions> = {
  list: async () => Promise.resolve([]),
  async open(options) {
    const beganNs = hostNow();
    const socket = await connectTcp(options.address);
    return new TcpPort(socket, options, elapsedMs(beganNs));
  },
};
