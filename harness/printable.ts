/**
 * Bytes from the network, fit for a terminal: printable UTF-8 stays as it is, whatever could move the cursor, change
 * colours or reverse the writing direction stands escaped. Text that isn't UTF-8 is shown by its bytes.
 */
export function printable(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  if (Buffer.from(text).equals(bytes)) return text.replace(unprintable, escapeCharacter);
  return bytes.toString('latin1').replace(/[^\x20-\x7e]/g, escapeCharacter);
}

/** Control and format characters (bidirectional overrides are among these), line separators, unassigned, private. */
const unprintable = /[\p{C}\p{Zl}\p{Zp}]/gu;

const named: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escapeCharacter(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16);
  return named[character] ?? (code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u{${code}}`);
}
