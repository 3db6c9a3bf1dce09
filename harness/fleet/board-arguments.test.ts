import { expect, it } from 'vitest';
import { boardArguments } from './board-arguments.ts';

it.each([
  [['--board', 'all'], []],
  [
    ['--board=label:c3', '--duration', '3'],
    ['--duration', '3'],
  ],
  [
    [
      '--spec',
      'cadence',
      '--json',
      'a.json',
      '--junit=b.xml',
      '--github',
      '--report',
      'c.html',
      '--numbered',
    ],
    ['--spec', 'cadence', '--numbered'],
  ],
  [
    ['--jobs', '2', '--config', 'bench.json', '--server-port', '4000'],
    ['--config', 'bench.json', '--server-port', '4000'],
  ],
])('%j without what is about all boards is %j', (args, own) => {
  expect(boardArguments(args, 'desk')).toEqual([...own, '--board', 'desk']);
});
