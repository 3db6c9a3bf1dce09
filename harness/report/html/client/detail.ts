import { describeAnswer, textOf } from './log-list.ts';
import { datagramRowOf, groupOf, type Model } from '../model.ts';

/** Says in full what the chosen row tells, with a button for each other row that tells of the same datagram. */
export function showDetail(
  panel: HTMLElement,
  model: Model,
  row: number,
  onPick: (row: number) => void,
): void {
  panel.replaceChildren();
  if (row < 0) {
    panel.append(
      paragraph('Choose a line: by click, or by the arrow keys. Enter goes on to what is linked with it.'),
    );
    return;
  }
  panel.append(paragraph(`${(model.atS[row] ?? 0).toFixed(6)} s: ${textOf(model, row)}`));
  const datagram = datagramRowOf(model, row);
  const place = datagram < 0 ? -1 : (model.datagramAt[datagram] ?? -1);
  if (place < 0) return;
  const { datagrams } = model.data;
  const interval = model.intervals.ms[place];
  panel.append(
    list([
      ['datagram', `#${datagrams.index[place] ?? 0}`],
      ['arrived', `${(model.atS[datagram] ?? 0).toFixed(6)} s ± ${datagrams.boundUs[place] ?? 0} µs`],
      [
        'interval',
        typeof interval === 'number' ? `${interval.toFixed(3)} ms since the one before` : 'first of its boot',
      ],
      ['ack', describeAnswer(datagrams.answer[place])],
    ]),
  );
  const others = groupOf(model, datagram).filter((other) => other !== row);
  if (others.length === 0) panel.append(paragraph('No line of the console is sure to tell of this one.'));
  for (const other of others) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = `↔ ${(model.atS[other] ?? 0).toFixed(6)} s: ${textOf(model, other)}`;
    button.addEventListener('click', () => onPick(other));
    panel.append(button);
  }
}

function paragraph(text: string): HTMLElement {
  const element = document.createElement('p');
  element.textContent = text;
  return element;
}

function list(entries: readonly (readonly [string, string])[]): HTMLElement {
  const element = document.createElement('dl');
  for (const [term, text] of entries) {
    const [dt, dd] = [document.createElement('dt'), document.createElement('dd')];
    dt.textContent = term;
    dd.textContent = text;
    element.append(dt, dd);
  }
  return element;
}
