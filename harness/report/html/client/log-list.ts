import type { RowKind } from '../report-data.ts';
import { datagramRowOf, groupOf, kindOf, type Model } from '../model.ts';

export interface LogListOptions {
  readonly model: Model;
  /** The list box. */
  readonly box: HTMLElement;
  /** Told when a row is chosen, by whatever means; −1 for none. */
  readonly onSelect: (row: number) => void;
}

const rowHeight = 22;
/** Rows that are drawn above and below what is seen. */
const margin = 12;

const kindNames: Readonly<Record<RowKind, string>> = {
  s: 'console',
  d: 'datagram',
  f: 'other',
  b: 'bench',
  e: 'error',
};

/**
 * A list box of all rows, of which only those exist that are seen: half a million don't slow the page. Everything a board has
 * printed goes in as text.
 */
export class LogList {
  readonly #options: LogListOptions;
  readonly #sizer = document.createElement('div');
  /** Rows that the filter leaves, in order. */
  #shown: Int32Array;
  #selected = -1;
  #group = new Set<number>();

  constructor(options: LogListOptions) {
    this.#options = options;
    const { box, model } = options;
    this.#shown = Int32Array.from({ length: model.count }, (_, row) => row);
    this.#sizer.className = 'sizer';
    this.#sizer.setAttribute('role', 'presentation');
    box.replaceChildren(this.#sizer);
    box.addEventListener('scroll', () => this.#draw(), { passive: true });
    box.addEventListener('keydown', (event) => this.#key(event));
    box.addEventListener('click', (event) => {
      const row = (event.target as Element).closest<HTMLElement>('[data-row]')?.dataset['row'];
      if (row !== undefined) this.select(Number(row));
    });
    new ResizeObserver(() => this.#draw()).observe(box);
    this.#draw();
  }

  get selected(): number {
    return this.#selected;
  }

  get shownCount(): number {
    return this.#shown.length;
  }

  /** Shows the rows of some kinds only, that hold some text; the chosen one stays chosen if it is still there. */
  filter(kinds: ReadonlySet<RowKind>, text: string): void {
    const { model, box } = this.#options;
    const { log } = model.data;
    const wanted = text.toLowerCase();
    const holds = log.texts.map((each) => wanted === '' || each.toLowerCase().includes(wanted));
    const shown: number[] = [];
    for (let row = 0; row < model.count; row += 1) {
      if (kinds.has(kindOf(model, row)) && holds[log.text[row] ?? 0] === true) shown.push(row);
    }
    this.#shown = Int32Array.from(shown);
    box.scrollTop = 0;
    if (this.#selected >= 0) this.#reveal(this.#selected);
    this.#draw();
  }

  /** Chooses a row, brings it into view, and marks what tells of the same datagram. */
  select(row: number): void {
    const { model, onSelect } = this.#options;
    this.#selected = row;
    this.#group = new Set(row < 0 ? [] : groupOf(model, row));
    if (row >= 0) this.#reveal(row);
    this.#draw();
    onSelect(row);
  }

  /** Brings the row, or the one after it that is shown, into the upper third of the view. */
  scrollTo(row: number): void {
    this.#options.box.scrollTop = (this.#placeOf(row) - this.#page() / 3) * rowHeight;
    this.#draw();
  }

  #reveal(row: number): void {
    const { box } = this.#options;
    const top = this.#placeOf(row) * rowHeight;
    if (top < box.scrollTop + rowHeight || top > box.scrollTop + box.clientHeight - 2 * rowHeight)
      this.scrollTo(row);
  }

  #key(event: KeyboardEvent): void {
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: this.#page(),
      PageUp: -this.#page(),
      Home: -Infinity,
      End: Infinity,
    };
    const step = steps[event.key];
    if (step !== undefined) this.#step(step);
    else if (event.key === 'Enter') this.#next();
    else if (event.key === 'Escape') this.select(-1);
    else return;
    event.preventDefault();
  }

  #step(by: number): void {
    const from = this.#selected < 0 ? -1 : this.#placeOf(this.#selected);
    const to = Math.min(this.#shown.length - 1, Math.max(0, from + by));
    const row = this.#shown[to];
    if (row !== undefined) this.select(row);
  }

  /** From a datagram to the line that tells of it, and on to the next one. */
  #next(): void {
    const rows = [...this.#group];
    const next = rows[(rows.indexOf(this.#selected) + 1) % rows.length];
    if (next !== undefined) this.select(next);
  }

  /** Place of a row in what is shown, or of the first one after it. */
  #placeOf(row: number): number {
    let [low, high] = [0, this.#shown.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#shown[middle] ?? 0) < row) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #page(): number {
    return Math.max(1, Math.floor(this.#options.box.clientHeight / rowHeight) - 1);
  }

  #draw(): void {
    const { box } = this.#options;
    const first = Math.max(0, Math.floor(box.scrollTop / rowHeight) - margin);
    const last = Math.min(this.#shown.length, first + this.#page() + 2 * margin + 2);
    this.#sizer.style.height = `${this.#shown.length * rowHeight}px`;
    const places = Array.from({ length: Math.max(0, last - first) }, (_, at) => first + at);
    this.#sizer.replaceChildren(...places.map((place) => this.#row(place)));
    const active = `row-${this.#selected}`;
    if (document.getElementById(active)) box.setAttribute('aria-activedescendant', active);
    else box.removeAttribute('aria-activedescendant');
  }

  #row(place: number): HTMLElement {
    const { model } = this.#options;
    const row = this.#shown[place] ?? 0;
    const kind = kindOf(model, row);
    const text = textOf(model, row);
    const element = document.createElement('div');
    element.id = `row-${row}`;
    element.dataset['row'] = String(row);
    element.className = ['row', kindNames[kind], levelOf(kind, text), this.#group.has(row) && 'linked']
      .filter(Boolean)
      .join(' ');
    element.setAttribute('role', 'option');
    element.setAttribute('aria-selected', String(row === this.#selected));
    element.setAttribute('aria-posinset', String(place + 1));
    element.setAttribute('aria-setsize', String(this.#shown.length));
    element.style.transform = `translateY(${place * rowHeight}px)`;
    element.append(
      span('time', (model.atS[row] ?? 0).toFixed(6)),
      span('kind', kindNames[kind]),
      span('link', datagramRowOf(model, row) >= 0 && kind === 's' ? '↔' : ''),
      span('text', text),
    );
    return element;
  }
}

/** A row as it is read. */
export function textOf(model: Model, row: number): string {
  const { log, datagrams } = model.data;
  const text = log.texts[log.text[row] ?? 0] ?? '';
  const place = model.datagramAt[row] ?? -1;
  if (place < 0) return text;
  return `#${datagrams.index[place] ?? 0}  ${text}  ${describeAnswer(datagrams.answer[place])}`;
}

export function describeAnswer(answer: number | string | undefined): string {
  if (typeof answer === 'number') return `acked after ${answer} µs`;
  return answer === 'withheld' ? 'left unanswered by the bench' : `ack: ${answer ?? 'none'}`;
}

/** Errors and warnings of ESP-IDF's log stand out. */
function levelOf(kind: RowKind, text: string): string {
  if (kind !== 's') return '';
  const level = /^([EW]) \(/.exec(text)?.[1];
  return level === undefined ? '' : `level-${level.toLowerCase()}`;
}

function span(className: string, text: string): HTMLElement {
  const element = document.createElement('span');
  element.className = className;
  element.textContent = text;
  return element;
}
