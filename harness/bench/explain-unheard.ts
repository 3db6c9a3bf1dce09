import { BenchError, type HilError } from '../errors.ts';
import type { Endpoint } from '../record/events.ts';
import { ownAddresses } from '../udp/bind-error.ts';
import { findAddressTowards } from '../udp/find-route.ts';
import { describeFirewall } from '../udp/firewall.ts';
import { sendProbe } from '../udp/probe.ts';
import type { Journal } from './journal.ts';

export interface Unheard {
  readonly journal: Journal;
  readonly server: Endpoint;
  /** See `BoardWatchOptions`. */
  readonly realBoard: boolean;
  readonly boardAddress: string | undefined;
  /** Where the board sends to; absent when it didn't say. */
  readonly target?: Endpoint | undefined;
  /** Where it was told to send to, where that is not an address of this host. */
  readonly serverAddress?: string | undefined;
}

/** A datagram of our own takes microseconds; a host that is busy may look at it late. */
const probeTimeoutMs = 1_000;

/**
 * The board sends and nothing arrives: is it this host? Sends a datagram to the server itself, and asks the firewall. Either may
 * turn `error`, which says that the board was not heard, into one that says why.
 */
export async function explainUnheard(error: HilError, unheard: Unheard): Promise<HilError> {
  const { server, realBoard, boardAddress } = unheard;
  const elsewhere = whereElse(unheard);
  if (realBoard && elsewhere !== undefined) return sendsElsewhere(error, elsewhere);
  const isAny = server.address === '0.0.0.0';
  const address = isAny ? await findAddressTowards(boardAddress ?? '127.0.0.1') : server.address;
  const at = { address, port: server.port };
  const isHeard = await isProbeHeard(unheard, at);
  const firewall = await describeFirewall(at.port);
  // Our own datagram came by the loopback: a rule for another interface has not seen it.
  if (isHeard && !(realBoard && firewall.rules.length > 0)) return error;
  const where = `${at.address}:${at.port}`;
  return new BenchError('HOST_FIREWALL', {
    what: isHeard
      ? `Datagrams of the board to ${where} don't arrive, and the firewall of this host has rules that may be why`
      : `Datagrams to ${where} don't arrive, not even this host's own: its firewall keeps them from the server, most likely`,
    evidence: [...firewall.rules, ...(error.story.evidence ?? [])],
    next: firewall.remedy,
    cause: error,
  });
}

/** The address that the board sends to, when that is nobody's here: it was built for another bench. */
function whereElse({ target, serverAddress }: Unheard): string | undefined {
  if (target === undefined || target.address === serverAddress) return undefined;
  return ownAddresses().includes(target.address) ? undefined : target.address;
}

function sendsElsewhere(error: HilError, address: string): BenchError {
  return new BenchError('SERVER_ADDRESS_WRONG', {
    what: `The board sends to ${address}, which is not this machine: it is ${ownAddresses().join(', ')}`,
    evidence: error.story.evidence ?? [],
    next: 'set the address by `idf.py menuconfig` (Example Configuration), let the bench give it (--provision), or say that it leads here (--server-address)',
    cause: error,
  });
}

async function isProbeHeard({ journal }: Unheard, at: Endpoint): Promise<boolean> {
  await using probe = await sendProbe(at);
  const heard = () => journal.datagrams.find(({ from }) => from.port === probe.from.port);
  try {
    await journal.until(heard, { timeoutMs: probeTimeoutMs, waitingFor: 'our own datagram' });
    return true;
  } catch {
    return false;
  }
}
