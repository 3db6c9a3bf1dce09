import { describeOwner } from '../boards/board-lock.ts';
import type { BoardList, BoardState, PortState } from '../bench/list-boards.ts';
import { printable } from '../printable.ts';
import { permissionAdvice } from '../serial/open-failure.ts';
import { describeUsb } from '../serial/match-usb.ts';

/** What `npm run hil -- --list` shows: each port with what it is, why it looks like a board or doesn't, and whose it is. */
export function renderBoardList({ host, file, ports, boards }: BoardList): string[] {
  return [
    ...(ports.length === 0 ? whatToCheck : [`Serial ports of ${host}:`, '', ...columns(ports, renderPort)]),
    ...(boards.length === 0 ? [] : ['', `Boards in ${file}:`, '', ...columns(boards, renderBoard)]),
  ].map((line) => printable(Buffer.from(line)));
}

const whatToCheck = [
  'This host has no serial port. If a board is plugged in:',
  '',
  '  is it a cable with data lines? Charging cables have none',
  '  does the kernel see it? `dmesg` and `lsusb` after plugging it in',
  '  is this a container or a virtual machine? It must be given the device (--device /dev/ttyUSB0)',
  '',
  'A board on another machine is not listed: name its port, --port rfc2217://HOST:PORT.',
];

function renderPort(port: PortState): [head: string, ...lines: string[]] {
  const { path, bridge, vendorId, productId, manufacturer, product, serialNumber, board } = port;
  const usb = [
    `USB ${vendorId ?? ''}:${productId ?? ''}`,
    [manufacturer, product].filter(Boolean).join(' '),
    serialNumber === undefined ? 'no serial number' : `serial number ${serialNumber}`,
  ];
  return [
    path,
    bridge === undefined
      ? `does not look like an ESP32 board${vendorId === undefined ? ': not on USB' : ''}`
      : `looks like an ESP32 board: ${bridge.name}, ${bridge.why}`,
    ...(vendorId === undefined ? [] : [usb.filter(Boolean).join(', ')]),
    ...(board === undefined ? [] : [`is ${board}`]),
    ...(port.permitted ? [] : [`this user may not open it: ${permissionAdvice}`]),
    ...(port.owner === undefined ? [] : [`a run has it: ${describeOwner(port.owner)}`]),
    ...port.openBy.map(({ pid, command }) => `open in process ${pid}: ${command}`),
  ];
}

function renderBoard(board: BoardState): [head: string, ...lines: string[]] {
  const { name, state, tier, port, usb, labgrid, chip, labels, owner } = board;
  const place = labgrid?.place ?? port ?? (usb === undefined ? undefined : describeUsb(usb));
  const where = {
    present: 'plugged in',
    absent: 'not plugged in',
    remote: labgrid === undefined ? 'behind a URL' : 'place of labgrid',
    virtual: 'a virtual board, started by a run',
  }[state];
  return [
    name,
    [
      [where, ...(place === undefined ? [] : [place])].join(': '),
      ...(tier === undefined || state === tier ? [] : [`${tier} board`]),
      ...(chip === undefined ? [] : [chip]),
      ...labels,
    ].join(', '),
    ...(owner === undefined ? [] : [`a run has it: ${describeOwner(owner)}`]),
  ];
}

/** The first word of each in a column of its own, the rest beside it. */
function columns<Item>(
  items: readonly Item[],
  render: (item: Item) => [head: string, ...lines: string[]],
): string[] {
  const rendered = items.map(render);
  const width = Math.max(...rendered.map(([head]) => head.length));
  return rendered.flatMap(([head, ...lines]) =>
    lines.map((line, index) => `  ${(index === 0 ? head : '').padEnd(width)}   ${line}`),
  );
}
