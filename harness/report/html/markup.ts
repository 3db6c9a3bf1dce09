/** HTML that is put together from parts: text is escaped wherever it is put in, markup only where it was made here. */
export interface Html {
  readonly html: string;
}

type Part = Html | string | number | undefined | readonly Part[];

/** A template whose values are text, HTML made by this function, lists of these, or nothing. */
export function markup(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const text = strings.reduce((before, string, at) => before + render(parts[at - 1]) + string);
  return { html: text };
}

/** Text that is HTML already. Only for what the harness itself brings: script and style. */
export function trusted(text: string): Html {
  return { html: text };
}

/**
 * Data for a script, in an element that is never run: no text in it can end that element, as no `<` stands in it.
 *
 * @see HTML Living Standard, "Restrictions for contents of script elements"
 */
export function jsonScript(id: string, data: unknown): Html {
  const json = JSON.stringify(data).replaceAll('<', '\\u003c');
  return markup`<script type="application/json" id="${id}">${trusted(json)}</script>`;
}

function render(part: Part): string {
  if (part === undefined) return '';
  if (typeof part === 'string') return escape(part);
  if (typeof part === 'number') return String(part);
  return 'html' in part ? part.html : part.map(render).join('');
}

const references: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => references[character] ?? character);
}
