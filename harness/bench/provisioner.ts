import { BenchError, HilError } from '../errors.ts';
import type { DeviceEvent } from '../log/device-event.ts';
import type { Endpoint } from '../record/events.ts';
import type { SerialMonitor } from '../serial/serial-monitor.ts';
import type { HostNs } from '../time/clock.ts';
import { findAddressTowards } from '../udp/find-route.ts';
import type { BoardWatch } from './board-watch.ts';
import type { Journal } from './journal.ts';
import { credentialsLine, secretsFileName, type WifiCredentials } from './wifi-credentials.ts';

export interface ProvisionerOptions {
  readonly journal: Journal;
  readonly watch: BoardWatch;
  readonly monitor: Pick<SerialMonitor, 'write'>;
  /** Where the server listens. */
  readonly server: Endpoint;
  /** What the board is told instead, from behind an address translation for one. */
  readonly serverAddress?: string | undefined;
  /** Absent: none were given. */
  readonly credentials?: WifiCredentials | undefined;
  /**
   * After which events the firmware reads the server's address. Ours asks for it; ESP-IDF's examples read it without a word
   * once they have an address, and again for each new socket.
   */
  readonly addressCues?: readonly DeviceEvent['kind'][];
  /** Told what was given; never the password. */
  readonly onGiven: (detail: string) => void;
}

/** A server that listens on it has no one address to tell. */
const anyAddress = '0.0.0.0';

/** The longest that a timer can wait: until it is told to stop. */
const forever = 2 ** 31 - 1;

/**
 * Gives the running firmware on its console what only the bench knows, by ESP-IDF's convention: the image under test stays
 * the image that is released. A firmware that doesn't ask, being configured, is told nothing.
 *
 * ```
 * Please input ssid password:                     ──▶ SSID PASSWORD      once, and never empty: that would crash it
 * … IPv4 address: 192.168.4.7,
 * waiting for the server address on stdin         ──▶ 192.168.4.2
 * ```
 */
export class Provisioner {
  readonly #options: ProvisionerOptions;

  constructor(options: ProvisionerOptions) {
    this.#options = options;
  }

  /**
   * Answers each question that the firmware asks after `sinceNs`, until `signal` aborts. What keeps it from that ends
   * whatever the bench waits for: {@link BoardWatch.instrumentFailed}.
   */
  async attend(sinceNs: HostNs, signal: AbortSignal): Promise<void> {
    const { journal, watch } = this.#options;
    let seen = 0;
    const findQuestion = (): number | undefined => {
      for (let at = seen; at < journal.events.length; at++) {
        const event = journal.events[at];
        if (event !== undefined && event.hostNs >= sinceNs && this.#isQuestion(event)) return at;
      }
      seen = journal.events.length;
      return undefined;
    };
    try {
      for (;;) {
        const at = await journal.until(findQuestion, {
          timeoutMs: forever,
          waitingFor: 'a question',
          signal,
        });
        seen = at + 1;
        if (journal.events[at]?.kind === 'waiting-for-credentials') await this.#giveCredentials();
        else await this.#giveAddress();
      }
    } catch (error) {
      if (!signal.aborted && error instanceof HilError) watch.instrumentFailed(error);
    }
  }

  #isQuestion({ kind }: DeviceEvent): boolean {
    const { addressCues = ['waiting-for-address'] } = this.#options;
    return kind === 'waiting-for-credentials' || addressCues.includes(kind);
  }

  async #giveCredentials(): Promise<void> {
    const { credentials, monitor, onGiven } = this.#options;
    if (credentials === undefined) {
      throw new BenchError('WIFI_CREDENTIALS_MISSING', {
        what: 'The firmware asks for the name and the password of a Wi-Fi network, and none were given',
        next: `set HIL_WIFI_SSID and HIL_WIFI_PASSWORD, or write ${secretsFileName}: {"wifi": {"ssid": "…", "password": "…"}}`,
      });
    }
    const kind = credentials.password === undefined ? 'open' : 'with its password';
    onGiven(`network "${credentials.ssid}", ${kind}`);
    await monitor.write(`${credentialsLine(credentials)}\n`);
  }

  async #giveAddress(): Promise<void> {
    const { monitor, onGiven } = this.#options;
    const address = await this.#addressForBoard();
    onGiven(address);
    await monitor.write(`${address}\n`);
  }

  async #addressForBoard(): Promise<string> {
    const { server, serverAddress, watch } = this.#options;
    if (serverAddress !== undefined) return serverAddress;
    if (server.address !== anyAddress) return server.address;
    const board = watch.boot?.address;
    if (board === undefined) {
      throw new BenchError('SERVER_ADDRESS_UNKNOWN', {
        what: 'The firmware asks for the address of the server, and has not said at which address it is itself',
        next: 'name the address that it is to send to: --server-address ADDR',
      });
    }
    try {
      return await findAddressTowards(board);
    } catch (cause) {
      throw new BenchError('NO_ROUTE_TO_BOARD', {
        what: `This host has no route to the board at ${board}: ${(cause as Error).message}`,
        next: 'bring the host into the network of the board, or name the address to send to: --server-address ADDR',
        cause,
      });
    }
  }
}
