/** A thread for tests: does what it is told, good or bad. */
import { UsageError } from '../../errors.ts';
import { answerCalls } from '../thread-calls.ts';
import { threadData } from '../thread.ts';

export interface ObedientFunctions {
  double(value: number): number;
  refuse(): void;
  exit(code: number): void;
  throwLater(): void;
  neverAnswer(): Promise<void>;
  announce(text: string): void;
  close(): Promise<void>;
}

export interface ObedientListener {
  announced(text: string): void;
}

/** What the thread does wrong on its way up, or when it is closed. */
export type Mischief = 'none' | 'throws at once' | 'will not close';

const mischief = threadData() as Mischief;
if (mischief === 'throws at once')
  throw new UsageError('NOT_TODAY', { what: 'This thread refuses to start' });

const functions: ObedientFunctions = {
  double: (value) => 2 * value,
  refuse() {
    throw new UsageError('NOT_THIS', { what: 'This call is refused', evidence: ['it always is'] });
  },
  exit: (code) => process.exit(code),
  throwLater() {
    setImmediate(() => {
      throw new UsageError('TOO_LATE', { what: 'Nobody waits for this' });
    });
  },
  neverAnswer: () => new Promise(() => undefined),
  announce: (text) => void listener.announced.asEvent(text),
  close: () => (mischief === 'will not close' ? new Promise(() => undefined) : Promise.resolve()),
};
const listener = answerCalls<ObedientListener>(functions);
