import { BenchError } from '../../errors.ts';
import { withDeadline } from '../../time/deadline.ts';
import { encodeComPort, serverOffset, type ComPortMessage } from './com-port.ts';

/** Settings must be confirmed: on a port at the wrong rate everything that follows is noise. */
const settingTimeoutMs = 3000;

/** Lines need not be: esp_rfc2217_server never confirms DTR and RTS, ser2net not on a port without them. */
const lineTimeoutMs = 250;

/** The connection that requests go over. */
export interface RequestChannel {
  readonly path: string;
  readonly send: (bytes: Buffer) => Promise<void>;
  /** Aborts, with the reason, when no answer can come any more. */
  readonly ended: AbortSignal;
}

interface Waiter {
  readonly command: number;
  readonly matches: (value: Buffer) => boolean;
  readonly resolve: (value: Buffer) => void;
}

/** Commands of a client and the server's answers to them, which are told by the command's code alone. */
export class ComPortRequests {
  readonly #channel: RequestChannel;
  #waiters: Waiter[] = [];

  constructor(channel: RequestChannel) {
    this.#channel = channel;
  }

  /** Sends a command without waiting for its answer. */
  async tell(command: number, value: Buffer | readonly number[]): Promise<void> {
    await this.#channel.send(encodeComPort(command, value));
  }

  /**
   * Sends a command whose answer can be done without.
   *
   * @param matches tells the answer from others to the same command.
   * @returns the answer's value; undefined when none came within 250 ms.
   */
  async ask(
    command: number,
    value: Buffer | readonly number[],
    matches: (value: Buffer) => boolean = () => true,
  ): Promise<Buffer | undefined> {
    const tooLate = new Error('no answer');
    try {
      return await this.#exchange(command, value, matches, {
        timeoutMs: lineTimeoutMs,
        onTimeout: () => tooLate,
      });
    } catch (error) {
      if (error === tooLate) return undefined;
      throw error;
    }
  }

  /**
   * Sends a command that must be confirmed.
   *
   * @param name of the setting, as it stands in the error.
   * @throws BenchError `PORT_SILENT` when no answer comes within 3 s.
   */
  async demand(
    name: string,
    command: number,
    value: Buffer | readonly number[],
    signal?: AbortSignal,
  ): Promise<Buffer> {
    return this.#exchange(command, value, () => true, {
      timeoutMs: settingTimeoutMs,
      onTimeout: () =>
        new BenchError('PORT_SILENT', {
          what: `The serial server did not confirm the ${name} within ${settingTimeoutMs} ms`,
          where: this.#channel.path,
          next: 'look into its log: can it still reach its own port?',
        }),
      signal,
    });
  }

  /** Takes in a message of the server. Nobody may wait for it: it then is late, or comes unasked. */
  answered({ command, value }: ComPortMessage): void {
    const waiter = this.#waiters.find(
      (candidate) => candidate.command + serverOffset === command && candidate.matches(value),
    );
    if (waiter === undefined) return;
    this.#forget(waiter);
    waiter.resolve(value);
  }

  async #exchange(
    command: number,
    value: Buffer | readonly number[],
    matches: (value: Buffer) => boolean,
    wait: { timeoutMs: number; onTimeout: () => Error; signal?: AbortSignal | undefined },
  ): Promise<Buffer> {
    const { ended } = this.#channel;
    let waiter: Waiter | undefined;
    const answer = new Promise<Buffer>((resolve) => {
      waiter = { command, matches, resolve };
      this.#waiters.push(waiter);
    });
    try {
      await this.tell(command, value);
      return await withDeadline(answer, {
        ...wait,
        waitingFor: `answer to command ${command}`,
        signal: wait.signal === undefined ? ended : AbortSignal.any([ended, wait.signal]),
      });
    } finally {
      this.#forget(waiter);
    }
  }

  #forget(waiter: Waiter | undefined): void {
    this.#waiters = this.#waiters.filter((other) => other !== waiter);
  }
}
