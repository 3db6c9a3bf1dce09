import { describe, expect, it } from 'vitest';
import { defaultJobs, parseMutantOptions } from './options.ts';

describe('options of npm run mutants', () => {
  it('are all mutants, some at once, unless told otherwise', () => {
    expect(parseMutantOptions([], '/here')).toEqual({
      only: [],
      tenth: false,
      jobs: defaultJobs,
      help: false,
    });
  });

  it('are read', () => {
    const args = ['--only', 'one', '--only', 'two', '--jobs', '3', '--json', 'matrix.json'];
    expect(parseMutantOptions(args, '/here')).toMatchObject({
      only: ['one', 'two'],
      jobs: 3,
      jsonFile: '/here/matrix.json',
    });
  });

  it.each([
    [['--jobs', '0'], /--jobs must be a number from 1 to 99, got "0"/],
    [['--jobs', 'many'], /got "many"/],
    [['--tenth', '--only', 'one'], /--tenth has no meaning beside --only/],
    [['--slow'], /Unknown option '--slow'/],
  ])('%j is wrong usage', (args, sentence) => {
    expect(() => parseMutantOptions(args, '/here')).toThrow(sentence);
  });
});
