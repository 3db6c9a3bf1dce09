import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeOption, encodeSubnegotiation, escapeData, TelnetParser, type TelnetEvent } from './telnet.ts';

/** As ser2net greets a client: offers, data with an FF right behind them, an answer, data. */
const greeting = Buffer.from('fffb03fffd2c68fffffffa2c6b30fff069fffa2c0100ffff01fff0', 'hex');

/** Events with neighbouring data joined, so that chunk borders don't show. */
function join(events: readonly TelnetEvent[]): TelnetEvent[] {
  const joined: TelnetEvent[] = [];
  for (const event of events) {
    const last = joined.at(-1);
    if (event.kind === 'data' && last?.kind === 'data') {
      joined[joined.length - 1] = { kind: 'data', bytes: Buffer.concat([last.bytes, event.bytes]) };
    } else {
      joined.push(event);
    }
  }
  return joined;
}

function parse(chunks: readonly Buffer[]): TelnetEvent[] {
  const parser = new TelnetParser();
  return join(chunks.flatMap((chunk) => parser.push(chunk)));
}

describe('TelnetParser', () => {
  const expected: TelnetEvent[] = [
    { kind: 'option', verb: 'WILL', option: 0x03 },
    { kind: 'option', verb: 'DO', option: 0x2c },
    { kind: 'data', bytes: Buffer.from([0x68, 0xff]) },
    { kind: 'subnegotiation', option: 0x2c, value: Buffer.from([0x6b, 0x30]) },
    { kind: 'data', bytes: Buffer.from([0x69]) },
    { kind: 'subnegotiation', option: 0x2c, value: Buffer.from([0x01, 0x00, 0xff, 0x01]) },
  ];

  it('finds options, data and sub-negotiations in their order', () => {
    expect(parse([greeting])).toEqual(expected);
  });

  it('does so whatever byte a chunk ends at', () => {
    for (let cut = 0; cut <= greeting.length; cut++) {
      expect(parse([greeting.subarray(0, cut), greeting.subarray(cut)])).toEqual(expected);
    }
    expect(parse([...greeting].map((byte) => Buffer.from([byte])))).toEqual(expected);
  });

  it('passes over commands without meaning for a port: NOP, a lost SE, an empty sub-negotiation', () => {
    expect(parse([Buffer.from('61fff1fff0fffafff062', 'hex')])).toEqual([
      { kind: 'data', bytes: Buffer.from('ab') },
    ]);
  });

  it('keeps a sub-negotiation without an end from growing', () => {
    const parser = new TelnetParser();
    parser.push(Buffer.from('fffa2c', 'hex'));
    parser.push(Buffer.alloc(100_000));
    const [event] = parser.push(Buffer.from('fff0', 'hex'));
    expect(event?.kind === 'subnegotiation' && event.value.length).toBe(4095);
  });

  it('survives any bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 20 })), (chunks) => {
        const buffers = chunks.map((chunk) => Buffer.from(chunk));
        // The same events, however the bytes were cut.
        expect(parse(buffers)).toEqual(parse([Buffer.concat(buffers)]));
      }),
    );
  });
});

describe('encoding', () => {
  const bytes = fc.uint8Array({ maxLength: 50 }).map((array) => Buffer.from(array));
  const withFf = fc.array(fc.constantFrom(0x00, 0xf0, 0xfa, 0xff)).map((array) => Buffer.from(array));
  const event = fc.oneof(
    fc.record({ kind: fc.constant('data' as const), bytes: fc.oneof(bytes, withFf) }),
    fc.record({
      kind: fc.constant('option' as const),
      verb: fc.constantFrom('WILL' as const, 'WONT' as const, 'DO' as const, 'DONT' as const),
      option: fc.nat(255),
    }),
    fc.record({
      kind: fc.constant('subnegotiation' as const),
      option: fc.nat(254),
      value: fc.oneof(bytes, withFf),
    }),
  );

  function encode(one: TelnetEvent): Buffer {
    switch (one.kind) {
      case 'data':
        return escapeData(one.bytes);
      case 'option':
        return encodeOption(one.verb, one.option);
      case 'subnegotiation':
        return encodeSubnegotiation(one.option, one.value);
    }
  }

  it('is undone by the parser', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 10 }), fc.nat(), (events, seed) => {
        const wire = Buffer.concat(events.map(encode));
        const cut = seed % (wire.length + 1);
        const sent = join(events).filter((one) => one.kind !== 'data' || one.bytes.length > 0);
        expect(parse([wire.subarray(0, cut), wire.subarray(cut)])).toEqual(join(sent));
      }),
    );
  });

  it('leaves data without an FF as it is', () => {
    const data = Buffer.from('Hello');
    expect(escapeData(data)).toBe(data);
  });
});
