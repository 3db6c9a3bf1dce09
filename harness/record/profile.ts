import type { LogPatterns } from '../log/firmware-lines.ts';

/** What a firmware promises and how it tells what it does: all that the bench must know of it, besides its claims. */
export interface FirmwareProfile {
  /** Its folder in `specs/`, with the claims about it; absent for the client in `firmware/`, whose specs are at the top. */
  readonly name?: string;
  /** `client`: sends by itself and is answered. `server`: is sent to, and answers. */
  readonly role: 'client' | 'server';
  /** A client: promised time between two sends. A server: time between two datagrams that it is sent. */
  readonly periodMs: number;
  /** Its datagrams end with their number, and the answers to them are to end with it, too. */
  readonly numbered?: boolean;
  /** Its lines; absent: those of the client in `firmware/`. */
  readonly log?: LogPatterns;
}
