import type { BoardsResult } from '../../record/boards-result.ts';
import { failedResult, hostile } from './results.ts';

/** One board that failed, and one without a run, whose error holds what it could to pass for something else. */
export const twoBoards: BoardsResult = {
  schema: 1,
  id: '20261125-120000-boards-1',
  startedAt: '2026-11-25T12:00:00.000Z',
  verdict: 'failed',
  summary: '1 of 2 boards broke a promise: desk',
  boards: [
    {
      name: 'desk',
      labels: ['wifi', 'esp32'],
      verdict: 'failed',
      summary: failedResult.summary,
      run: failedResult,
    },
    {
      name: 'rack',
      labels: [],
      verdict: 'inconclusive',
      summary: 'NO_VERDICT: The run of rack ended without a verdict (exit code 64).',
      error: {
        fault: 'bench',
        code: 'NO_VERDICT',
        message: `NO_VERDICT: The run of rack ended without a verdict (exit code 64).\n  | ${hostile}`,
      },
    },
  ],
  timingsMs: { total: 6543 },
  record: 'runs/20261125-120000-boards-1',
};
