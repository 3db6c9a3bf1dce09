/**
 * XML 1.0, as far as a report needs it: elements, attributes, text. Whatever stands in a text, a firmware's garbage
 * included, the document stays well-formed.
 */

/** A piece of a document that is XML already. */
export interface Xml {
  readonly xml: string;
}

/** An element with its attributes and what is in it; attributes without a value are left out. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number | undefined>> = {},
  ...content: readonly (Xml | string)[]
): Xml {
  const given = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${escapeAttribute(String(value))}"`)
    .join('');
  if (content.length === 0) return { xml: `<${name}${given}/>` };
  const inner = content.map((part) => (typeof part === 'string' ? escapeText(part) : part.xml)).join('');
  return { xml: `<${name}${given}>${inner}</${name}>` };
}

export function document(root: Xml): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root.xml}\n`;
}

/** Everything but these may not stand in a document, not even as a reference. @see XML 1.0, section 2.2, Char */
const notAllowed = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

const references: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  // A reader would make a blank or a line feed of these.
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

function escapeText(text: string): string {
  return visible(text).replace(/[&<>\r]/g, refer);
}

function escapeAttribute(text: string): string {
  return visible(text).replace(/[&<>"\t\n\r]/g, refer);
}

function refer(character: string): string {
  return references[character] ?? character;
}

/** What can't be written is shown: `\x1b`. */
function visible(text: string): string {
  return text.replace(notAllowed, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16);
    return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u{${code}}`;
  });
}
