import { expect, it } from 'vitest';
import { findMistaggedLines } from './mistagged-lines.ts';
import { linesOf } from './testdata/console.ts';

it('finds the client’s lines under another tag', () => {
  const lines = linesOf(
    [
      'I (430) app_init: Project name:     udp_client',
      'I (463) udp_client: Socket created',
      'I (463) udp_client: sent seq=0 at_us=463000',
      'I (463) wifi: Socket created',
      'I (473) Client: sent seq=1 at_us=473000',
    ].join('\n'),
  );
  expect(findMistaggedLines(lines)).toEqual({ tag: 'udp_client', count: 2 });
});

it('finds none in the log of a healthy client', () => {
  expect(
    findMistaggedLines(linesOf('I (473) Client: sent seq=1 at_us=473000\nI (30) boot: end')),
  ).toBeUndefined();
});
