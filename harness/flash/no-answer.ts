import { BenchError } from '../errors.ts';

/** The lines of evidence that still are read. */
const maxLines = 8;
const maxLineLength = 120;

/** Why no loader answered, by what the board said instead. */
export function noAnswerError(path: string, heard: Buffer): BenchError {
  const text = heard.toString('latin1');
  const { what, next } = explain(text);
  return new BenchError('FLASH_NO_ANSWER', { what, where: path, evidence: toLines(text), next });
}

function explain(heard: string): { what: string; next: string } {
  if (heard === '') {
    return {
      what: 'No loader answers, and the board says nothing at all',
      next: 'check the port, the cable and the power; hold BOOT, press EN, and flash again',
    };
  }
  if (heard.includes('waiting for download')) {
    return {
      what: 'The loader has started but does not hear us',
      next: 'check the line from the adapter (TX) to the chip (RX)',
    };
  }
  // The ROM prints how it found its strapping pins; the loader is 0x3 on an ESP32.
  const bootMode = /boot:0x([0-9a-f]+)/.exec(heard)?.[1];
  if (bootMode !== undefined) {
    return {
      what: `The board was reset, but into its app (boot mode 0x${bootMode}): IO0 was not low`,
      next: 'hold BOOT, press EN, and flash again; on many boards a capacitor at EN helps',
    };
  }
  return {
    what: 'No loader answers: the app is talking, so the board was not reset',
    next: 'check that DTR and RTS reach EN and IO0; or hold BOOT, press EN, and flash again',
  };
}

function toLines(text: string): string[] {
  const printable = text.replace(/[^\x20-\x7e\r\n]/g, '.');
  const lines = printable.split(/[\r\n]+/).filter((line) => line !== '');
  return lines.slice(0, maxLines).map((line) => line.slice(0, maxLineLength));
}
