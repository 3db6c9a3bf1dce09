/** The lines of a firmware that is not ours, as its profile describes them. */
import type { Statement } from './device-event.ts';
import type { LogLine } from './log-line.ts';

/**
 * What a firmware logs, in regular expressions on the message behind its tag. Each is one event; what is absent, the
 * firmware doesn't log.
 */
export interface LogPatterns {
  /** Tag of all of these lines. */
  readonly tag: string;
  /** A datagram was handed to the network. */
  readonly sent?: string;
  /** A datagram arrived; the group `length`, if there is one, is its length in bytes. */
  readonly received?: string;
  /** A send failed; the group `errno` is the device's number for the reason. */
  readonly sendFailed?: string;
  /** The receive call failed; the group `errno` likewise. */
  readonly receiveFailed?: string;
  readonly socketCreated?: string;
  /** The socket is closed, to open a new one. */
  readonly restarting?: string;
  /** A server listens; the group `port` is where. */
  readonly listening?: string;
}

/** What a line of the firmware under test says; `undefined` when it says nothing of interest. */
export type FirmwareLineParser = (line: LogLine) => Statement | undefined;

type Groups = Readonly<Record<string, string | undefined>>;

const statements: Readonly<Record<Exclude<keyof LogPatterns, 'tag'>, (groups: Groups) => Statement>> = {
  sent: () => ({ kind: 'message-sent' }),
  received: ({ length }) => ({
    kind: 'message-received',
    ...(length !== undefined && { length: Number(length) }),
  }),
  sendFailed: ({ errno }) => ({ kind: 'send-failed', errno: Number(errno) }),
  receiveFailed: ({ errno }) => ({ kind: 'receive-failed', errno: Number(errno) }),
  socketCreated: () => ({ kind: 'socket-created' }),
  restarting: () => ({ kind: 'socket-restarting' }),
  listening: ({ port }) => ({ kind: 'listening', ...(port !== undefined && { port: Number(port) }) }),
};

/** @throws SyntaxError when a pattern is no regular expression. */
export function parserOf(patterns: LogPatterns): FirmwareLineParser {
  const { tag: expectedTag, ...expressions } = patterns;
  const rules = Object.entries(expressions).map(([what, expression]) => ({
    pattern: new RegExp(expression),
    state: statements[what as keyof typeof statements],
  }));
  return ({ tag, message }) => {
    if (tag !== expectedTag) return undefined;
    const text = message.trimEnd();
    for (const { pattern, state } of rules) {
      const match = pattern.exec(text);
      if (match !== null) return state(match.groups ?? {});
    }
    return undefined;
  };
}
