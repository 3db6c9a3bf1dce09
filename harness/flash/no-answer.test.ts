import { expect, it } from 'vitest';
import { noAnswerError } from './no-answer.ts';

it.each([
  ['', 'says nothing at all'],
  ['I (9120) Client: sent seq=17 at_us=1701846\r\n', 'the app is talking'],
  [
    'ets Jul 29 2019 12:21:46\r\n\r\nrst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n',
    'boot mode 0x13',
  ],
  ['rst:0x1 (POWERON_RESET),boot:0x3 (DOWNLOAD_BOOT)\r\nwaiting for download\r\n', 'does not hear us'],
])('reads the cause from what the board said: %j', (heard, cause) => {
  const error = noAnswerError('/dev/ttyUSB0', Buffer.from(heard));
  expect(error.code).toBe('FLASH_NO_ANSWER');
  expect(error.message).toContain(cause);
});

it('shows what was heard, printable and short', () => {
  const error = noAnswerError(
    '/dev/ttyUSB0',
    Buffer.concat([Buffer.from([0, 0x80]), Buffer.alloc(1000, 'y')]),
  );
  expect(error.story.evidence).toEqual([`..${'y'.repeat(118)}`]);
});
