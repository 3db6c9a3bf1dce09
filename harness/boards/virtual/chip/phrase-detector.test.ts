import { expect, test } from 'vitest';
import { PhraseDetector } from './phrase-detector.ts';

const request = Buffer.from('c0000824000000000007071220', 'hex');
const sync = Buffer.from(`c0000824000000000007071220${'55'.repeat(32)}c0`, 'hex');

test('finds SYNC wherever the stream is split, and gives it back from its start on', () => {
  const stream = Buffer.concat([Buffer.from('text before\r\n\xc0', 'latin1'), sync]);
  for (let at = 0; at <= stream.length; at++) {
    const detector = new PhraseDetector(request);
    const first = detector.find(stream.subarray(0, at));
    const found = first ?? detector.find(stream.subarray(at));
    expect(found?.subarray(0, 13), `split at ${at}`).toEqual(sync.subarray(0, 13));
    // What follows the found part goes to the loader directly: nothing may be missing between the two.
    const rest = first === undefined ? Buffer.alloc(0) : stream.subarray(at);
    expect(Buffer.concat([found ?? Buffer.alloc(0), rest]), `split at ${at}`).toEqual(sync);
  }
});

test('is not fooled by text or by other requests', () => {
  const detector = new PhraseDetector(request);
  expect(detector.find(Buffer.from('I (123) Client: sent seq=1\r\n'))).toBeUndefined();
  expect(detector.find(Buffer.from('c0000a040000000000001000 40c0'.replace(' ', ''), 'hex'))).toBeUndefined();
});
