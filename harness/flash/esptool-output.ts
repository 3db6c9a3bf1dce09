/** What esptool says while it works, in the words of its versions 4 and 5. */

/** Progress of one image. */
export interface EsptoolProgress {
  readonly address: number;
  readonly percent: number;
}

/** `Writing at 0x00014000... (7 %)` or, since version 5, `Writing at 0x00014000 ━━━   8.2% 16.00kB/195.31kB [0s]`. */
export function parseProgress(line: string): EsptoolProgress | undefined {
  const [, address, percent] = /Writing at (0x[0-9a-f]+)\D.*?(\d+(?:\.\d+)?) ?%/.exec(line) ?? [];
  if (address === undefined || percent === undefined) return undefined;
  return { address: Number(address), percent: Number(percent) };
}

/** What came out of a run that succeeded. */
export interface EsptoolReport {
  /** `ESP32-D0WDQ6-V3 (revision v3.0)`; absent when it was not told. */
  readonly chip?: string;
  /** Offsets of the images that were written, and of those that the flash held already. */
  readonly written: readonly number[];
  readonly skipped: readonly number[];
  /** Both as esptool writes them (`4MB`); present when the build wants a larger flash than the board has. */
  readonly tooSmall?: { readonly wanted: string; readonly found: string };
}

export function parseReport(output: string): EsptoolReport {
  const chip = /^Chip (?:type:|is) +(.+)$/m.exec(output)?.[1];
  const [, wanted, found] =
    /Set (?:--)?flash_size (\w+) is larger than the available flash size of (\w+)/.exec(output) ?? [];
  return {
    ...(chip !== undefined && { chip: chip.trim() }),
    written: [...output.matchAll(/^Wrote \d+ bytes .*?at (0x[0-9a-f]+)/gm)].map(([, at]) => Number(at)),
    skipped: [...output.matchAll(/at (0x[0-9a-f]+) already in flash/g)].map(([, at]) => Number(at)),
    ...(wanted !== undefined && found !== undefined && { tooSmall: { wanted, found } }),
  };
}
