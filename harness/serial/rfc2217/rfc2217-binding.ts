import type { BindingInterface } from '../binding.ts';
import { connectTcp } from '../tcp/connect.ts';
import { Rfc2217Port, type Rfc2217OpenOptions } from './rfc2217-port.ts';

/** A node-serialport binding for ports behind RFC 2217 servers: esp_rfc2217_server, ser2net, pyserial's, the virtual board. */
export const rfc2217Binding: BindingInterface<Rfc2217Port, Rfc2217OpenOptions> = {
  list: async () => Promise.resolve([]),
  async open(options) {
    const port = new Rfc2217Port(await connectTcp(options.address), options);
    try {
      await port.negotiate(options.address.signal);
      await port.configure(options);
      return port;
    } catch (error) {
      await port.close();
      throw error;
    }
  },
};
