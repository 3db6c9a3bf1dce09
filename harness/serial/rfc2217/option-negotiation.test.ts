import { describe, expect, it } from 'vitest';
import { OptionNegotiation } from './option-negotiation.ts';
import { encodeOption, telnetOption } from './telnet.ts';

const { BINARY, ECHO, SUPPRESS_GO_AHEAD, COM_PORT } = telnetOption;
const lineMode = 0x22;

function client(): OptionNegotiation {
  return new OptionNegotiation({
    ours: [COM_PORT, BINARY],
    theirs: [COM_PORT, BINARY, SUPPRESS_GO_AHEAD, ECHO],
  });
}

describe('OptionNegotiation', () => {
  it('does not answer an answer', () => {
    const options = client();
    expect(options.offer({ ours: [COM_PORT], theirs: [SUPPRESS_GO_AHEAD] })).toEqual(
      Buffer.concat([encodeOption('WILL', COM_PORT), encodeOption('DO', SUPPRESS_GO_AHEAD)]),
    );
    expect(options.receive('DO', COM_PORT)).toBeUndefined();
    expect(options.isOurs(COM_PORT)).toBe(true);
    expect(options.receive('WONT', SUPPRESS_GO_AHEAD)).toBeUndefined();
    expect(options.isTheirs(SUPPRESS_GO_AHEAD)).toBe(false);
  });

  it('accepts what the peer offers, once', () => {
    const options = client();
    expect(options.receive('WILL', ECHO)).toEqual(encodeOption('DO', ECHO));
    expect(options.receive('WILL', ECHO)).toBeUndefined();
    expect(options.receive('DO', BINARY)).toEqual(encodeOption('WILL', BINARY));
  });

  it('refuses what it does not know, once', () => {
    const options = client();
    expect(options.receive('DO', lineMode)).toEqual(encodeOption('WONT', lineMode));
    expect(options.receive('DO', lineMode)).toBeUndefined();
    expect(options.receive('WILL', lineMode)).toEqual(encodeOption('DONT', lineMode));
  });

  it('lets the peer take an option back', () => {
    const options = client();
    options.receive('WILL', ECHO);
    expect(options.receive('WONT', ECHO)).toEqual(encodeOption('DONT', ECHO));
    expect(options.isTheirs(ECHO)).toBe(false);
    expect(options.receive('WONT', ECHO)).toBeUndefined();
  });

  it('comes to rest with a peer of its own kind', () => {
    const [one, other] = [client(), client()];
    const both = { ours: [COM_PORT, BINARY], theirs: [COM_PORT, BINARY] };
    let words = [...split(one.offer(both)).map((word) => ({ to: other, word }))];
    words.push(...split(other.offer(both)).map((word) => ({ to: one, word })));
    let said = words.length;
    while (words.length > 0 && said < 100) {
      words = words.flatMap(({ to, word }) => {
        const answer = to.receive(word.verb, word.option);
        return answer === undefined
          ? []
          : split(answer).map((next) => ({ to: to === one ? other : one, word: next }));
      });
      said += words.length;
    }
    expect(said).toBe(8);
    expect(one.isOurs(COM_PORT) && other.isTheirs(COM_PORT)).toBe(true);
  });
});

function split(bytes: Buffer): { verb: 'WILL' | 'DO' | 'WONT' | 'DONT'; option: number }[] {
  const verbs = { 0xfb: 'WILL', 0xfc: 'WONT', 0xfd: 'DO', 0xfe: 'DONT' } as const;
  const words = [];
  for (let at = 0; at < bytes.length; at += 3) {
    words.push({ verb: verbs[bytes.readUInt8(at + 1) as 0xfb], option: bytes.readUInt8(at + 2) });
  }
  return words;
}
