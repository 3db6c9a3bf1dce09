/** A secret as it may stand in a text, and what that is called. */
export interface SecretForm {
  readonly name: 'plain' | 'escaped' | 'URL-encoded' | 'hex' | 'base64';
  readonly bytes: Buffer;
}

/**
 * Every form in which a secret is looked for: as it is, escaped as in JSON or C, URL-encoded, as hex (upper and lower case, with
 * and without blanks as in a dump) and within base64, wherever it begins there.
 */
export function formsOfSecret(secret: string): SecretForm[] {
  const hex = Buffer.from(secret).toString('hex');
  const spacedHex = hex.replaceAll(/..(?=.)/g, '$& ');
  const texts: readonly (readonly [SecretForm['name'], string])[] = [
    ['plain', secret],
    ['escaped', JSON.stringify(secret).slice(1, -1)],
    ['URL-encoded', encodeURIComponent(secret)],
    ['URL-encoded', encodeURIComponent(secret).replaceAll(/%../g, (code) => code.toLowerCase())],
    ...[hex, spacedHex].flatMap((text) => [['hex', text] as const, ['hex', text.toUpperCase()] as const]),
    ...[0, 1, 2].flatMap((offset) => {
      const text = withinBase64(secret, offset);
      return [['base64', text] as const, ['base64', text.replaceAll('+', '-').replaceAll('/', '_')] as const];
    }),
  ];
  const seen = new Set<string>();
  return texts.flatMap(([name, text]) => {
    if (seen.has(text)) return [];
    seen.add(text);
    return [{ name, bytes: Buffer.from(text) }];
  });
}

/**
 * The characters that base64 makes of the secret alone, where it begins `offset` bytes (modulo 3) into what is encoded. Those at
 * either end that depend on its neighbours, too, are left out.
 */
function withinBase64(secret: string, offset: number): string {
  const bytes = Buffer.from(secret);
  const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
  const from = Math.ceil((offset * 8) / 6);
  const to = Math.floor(((offset + bytes.length) * 8) / 6);
  return text.slice(from, to);
}
