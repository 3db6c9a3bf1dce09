import { expect, it } from 'vitest';
import { planTurns, type Turn } from './plan-turns.ts';

function turn(name: string, address: string, port: number): Turn {
  return { entry: { name, labels: [] }, server: { address, port } };
}

function plan(...turns: Turn[]): string[] {
  return planTurns(turns).map((queue) => queue.map(({ entry }) => entry.name).join(' '));
}

it('runs boards with servers of their own at once', () => {
  expect(plan(turn('a', '10.0.0.1', 3333), turn('b', '10.0.0.2', 3333), turn('c', '10.0.0.1', 3334))).toEqual(
    ['a', 'b', 'c'],
  );
});

it('lets boards that share a server take turns, in their order', () => {
  expect(plan(turn('a', '10.0.0.1', 3333), turn('b', '10.0.0.2', 3333), turn('c', '10.0.0.1', 3333))).toEqual(
    ['b', 'a c'],
  );
});

it('knows that a server on all addresses leaves none of its port to others', () => {
  const all = turn('all', '0.0.0.0', 3333);
  expect(plan(turn('a', '10.0.0.1', 3333), turn('b', '10.0.0.2', 3333), all)).toEqual(['a b all']);
  expect(plan(all, turn('a', '10.0.0.1', 3333), turn('b', '10.0.0.2', 4000))).toEqual(['all a', 'b']);
});

it('plans nothing for no board', () => {
  expect(plan()).toEqual([]);
});
