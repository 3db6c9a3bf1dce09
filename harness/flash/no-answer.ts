import { BenchError } from '../errors.ts';

/** The lines of evidence that still are read. */
const maxLines = 8;
const maxLineLength = 120;

/** What the board did instead of answering from its loader. */
export type NoAnswer =
  | { readonly kind: 'silent' | 'does-not-hear' | 'app-is-talking' }
  /** The ROM prints how it found its strapping pins; the loader is 0x3 on an ESP32. */
  | { readonly kind: 'wrong-boot-mode'; readonly bootMode: string };

/** Why no loader answered, by what the board said instead. */
export function noAnswerError(path: string, heard: Buffer): BenchError {
  const text = heard.toString('latin1');
  return noAnswer(path, classify(text), toLines(text));
}

/** The same, where somebody else has listened. */
export function noAnswer(path: string, answer: NoAnswer, evidence: readonly string[]): BenchError {
  return new BenchError('FLASH_NO_ANSWER', { where: path, evidence, ...explain(answer) });
}

function classify(heard: string): NoAnswer {
  if (heard === '') return { kind: 'silent' };
  if (heard.includes('waiting for download')) return { kind: 'does-not-hear' };
  const bootMode = /boot:0x([0-9a-f]+)/.exec(heard)?.[1];
  return bootMode === undefined ? { kind: 'app-is-talking' } : { kind: 'wrong-boot-mode', bootMode };
}

function explain(answer: NoAnswer): { what: string; next: string } {
  switch (answer.kind) {
    case 'silent':
      return {
        what: 'No loader answers, and the board says nothing at all',
        next: 'check the port, the cable and the power; hold BOOT, press EN, and flash again',
      };
    case 'does-not-hear':
      return {
        what: 'The loader has started but does not hear us',
        next: 'check the line from the adapter (TX) to the chip (RX)',
      };
    case 'wrong-boot-mode':
      return {
        what: `The board was reset, but into its app (boot mode 0x${answer.bootMode}): IO0 was not low`,
        next: 'hold BOOT, press EN, and flash again; on many boards a capacitor at EN helps',
      };
    case 'app-is-talking':
      return {
        what: 'No loader answers: the app is talking, so the board was not reset',
        next: 'check that DTR and RTS reach EN and IO0; or hold BOOT, press EN, and flash again',
      };
  }
}

function toLines(text: string): string[] {
  const printable = text.replace(/[^\x20-\x7e\r\n]/g, '.');
  const lines = printable.split(/[\r\n]+/).filter((line) => line !== '');
  return lines.slice(0, maxLines).map((line) => line.slice(0, maxLineLength));
}
