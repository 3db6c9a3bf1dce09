import { expect, it } from 'vitest';
import { renderBoardsTable } from './boards-table.ts';
import { twoBoards } from './testdata/boards.ts';

it('has a row a board: which, with which firmware, and what came of it', () => {
  const [head, , desk, rack] = renderBoardsTable(twoBoards.boards, false);
  expect(head).toMatch(/^name +board +firmware +claims hold +took +verdict$/);
  expect(desk).toMatch(
    /^desk +virtual board 1, not a real board +udp_client v1\.0, ELF b1e4f42f6… +1 of 3 +4\.3 s +failed$/,
  );
  expect(rack).toMatch(/^rack +– +– +– +– +inconclusive$/);
});
