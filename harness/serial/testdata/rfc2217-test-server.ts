import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import {
  comPortCommand,
  comPortControl,
  encodeBaudRate,
  encodeComPort,
  parseComPort,
  serverOffset,
} from '../rfc2217/com-port.ts';
import { encodeOption, escapeData, telnetOption, TelnetParser } from '../rfc2217/telnet.ts';

/** What a server does otherwise than it should; each is seen in the field. */
export interface ServerHabits {
  /** ser2net: says DO and WONT to the same option. Servers of old: says WILL only. */
  readonly agreement?: 'do' | 'do-and-wont' | 'will';
  /** Sent at once, before anything is agreed upon. */
  readonly greeting?: Buffer;
  /** Commands that are never answered. */
  readonly silentOn?: readonly number[];
  /** SET-CONTROL values that are never answered: esp_rfc2217_server doesn't confirm DTR and RTS. */
  readonly unconfirmed?: readonly number[];
  /** The rate that stays in force, whatever is asked for. */
  readonly fixedBaudRate?: number;
  /** Answers to questions about DTR and RTS. */
  readonly lines?: { readonly dtr: boolean; readonly rts: boolean };
  /** Sends everything byte by byte. */
  readonly bytewise?: boolean;
  /** Sent in front of the answer to a purge: data that was under way. */
  readonly staleData?: Buffer;
}

/** A server with one client, for tests: it keeps what it was told, and does as a test says. */
export interface Rfc2217TestServer extends AsyncDisposable {
  readonly url: string;
  /** Commands of the client, as `command value` in hex; options and data are not among them. */
  readonly commands: string[];
  /** Data of the client. */
  readonly received: Buffer;
  /** Sends data to the client. */
  sendData(bytes: Buffer): void;
  /** Sends bytes as they are. */
  sendRaw(bytes: Buffer): void;
  /** Resolves when `received` or `commands` has changed so that `condition` holds. */
  until(condition: () => boolean): Promise<void>;
  /** Ends the connection: by FIN, or by RST. */
  hangUp(how?: 'fin' | 'rst'): void;
}

export async function startTestServer(habits: ServerHabits = {}): Promise<Rfc2217TestServer> {
  let client: Socket | undefined;
  let received = Buffer.alloc(0);
  const commands: string[] = [];
  let onChange: () => void = () => undefined;

  const send = (bytes: Buffer): void => {
    if (habits.bytewise === true) for (const byte of bytes) client?.write(Buffer.from([byte]));
    else client?.write(bytes);
  };

  const server = createServer({ noDelay: true }, (socket) => {
    client = socket;
    socket.on('error', () => undefined);
    if (habits.greeting) send(habits.greeting);
    const parser = new TelnetParser();
    socket.on('data', (chunk) => {
      for (const event of parser.push(chunk)) {
        if (event.kind === 'data') {
          received = Buffer.concat([received, event.bytes]);
        } else if (event.kind === 'option') {
          if (event.option === telnetOption.COM_PORT && event.verb === 'WILL') send(agreement(habits));
        } else {
          const message = parseComPort(event.value);
          if (message === undefined) continue;
          commands.push([message.command, ...message.value].map((byte) => byte.toString(16)).join(' '));
          const answer = answerTo(message.command, message.value, habits);
          if (answer !== undefined) send(answer);
        }
      }
      onChange();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  return {
    url: `rfc2217://127.0.0.1:${port}`,
    commands,
    get received() {
      return received;
    },
    sendData: (bytes) => send(escapeData(bytes)),
    sendRaw: send,
    until: async (condition) =>
      new Promise((resolve) => {
        onChange = () => {
          if (condition()) resolve();
        };
        onChange();
      }),
    hangUp(how = 'fin') {
      if (how === 'fin') client?.end();
      else client?.resetAndDestroy();
    },
    async [Symbol.asyncDispose]() {
      client?.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function agreement({ agreement: kind = 'do' }: ServerHabits): Buffer {
  const { COM_PORT } = telnetOption;
  switch (kind) {
    case 'do':
      return Buffer.concat([encodeOption('DO', COM_PORT), encodeOption('WILL', COM_PORT)]);
    case 'do-and-wont':
      return Buffer.concat([encodeOption('DO', COM_PORT), encodeOption('WONT', COM_PORT)]);
    case 'will':
      return encodeOption('WILL', COM_PORT);
  }
}

function answerTo(command: number, value: Buffer, habits: ServerHabits): Buffer | undefined {
  const first = value[0] ?? 0;
  if (habits.silentOn?.includes(command)) return undefined;
  switch (command) {
    case comPortCommand.SET_CONTROL: {
      const { lines, unconfirmed = [] } = habits;
      if (unconfirmed.includes(first)) return undefined;
      if (first === comPortControl.ASK_DTR || first === comPortControl.ASK_RTS) {
        if (lines === undefined) return undefined;
        const isOn = first === comPortControl.ASK_DTR ? lines.dtr : lines.rts;
        // Each question is followed by its two answers: 7 → 8 on, 9 off; 10 → 11 on, 12 off.
        return encodeComPort(command + serverOffset, [first + (isOn ? 1 : 2)]);
      }
      return encodeComPort(command + serverOffset, value);
    }
    case comPortCommand.SET_BAUDRATE: {
      const { fixedBaudRate } = habits;
      return encodeComPort(
        command + serverOffset,
        fixedBaudRate === undefined ? value : encodeBaudRate(fixedBaudRate),
      );
    }
    case comPortCommand.NOTIFY_MODEMSTATE:
      return encodeComPort(command + serverOffset, [0xb0]);
    case comPortCommand.PURGE_DATA:
      return Buffer.concat([
        escapeData(habits.staleData ?? Buffer.alloc(0)),
        encodeComPort(command + serverOffset, value),
      ]);
    default:
      return encodeComPort(command + serverOffset, value);
  }
}
