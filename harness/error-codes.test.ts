/** Each code that an error can print is explained in docs/troubleshooting.md, and no other is. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const errorClasses = new Set(['UsageError', 'BenchError', 'DutError']);
const codeShape = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$|^(?:PTY|LISTEN|ADDRESS|TIMEOUT|INTERRUPTED|REHEARSAL)$/;

/** Here an error gets its code from elsewhere in the file: every text of the shape of a code is one. */
const chosenThere = [
  'harness/bench/board-watch.ts',
  'harness/bench/diagnose-silence.ts',
  'harness/bench/diagnose-wifi.ts',
  'harness/build/idf/idf-failure.ts',
  'harness/errors.ts',
  'harness/flash/esptool-failure.ts',
];
/** Here it is `unmetNeed` of errors.ts. */
const passedOn = ['harness/bench/bench.ts', 'harness/bench/replay-bench.ts', 'harness/fixtures/dut.ts'];

const sources = ['harness', 'scripts'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !/\.test\.ts$|(?:^|\/)(?:testdata|testing)\//.test(name))
    .map((name) => `${folder}/${name}`),
);

const { codes, unread } = readCodes();
const page = readFileSync(join(root, 'docs/troubleshooting.md'), 'utf8');
// The first column of its tables.
const explained = [...page.matchAll(/^\| ((?:`\w+`(?:, )?)+) +\|/gm)].flatMap(([, cell = '']) =>
  [...cell.matchAll(/`(\w+)`/g)].map(([, code = '']) => code),
);

it('finds the codes of the source', () => {
  expect(codes.size).toBeGreaterThan(150);
  expect([...codes.keys()]).toEqual(
    expect.arrayContaining(['BOARD_IN_USE', 'COMPILE_FAILED', 'WIFI_NOT_FOUND']),
  );
});

it('knows every place where a code is not written with its error', () => {
  const known = [...chosenThere, ...passedOn];
  expect(unread.filter((file) => !known.includes(file))).toEqual([]);
});

it('are all explained', () => {
  const missing = [...codes].filter(([code]) => !explained.includes(code));
  expect(missing.map(([code, file]) => `${code} (${file})`)).toEqual([]);
});

it('are explained only as long as they are printed', () => {
  expect(explained.filter((code) => !codes.has(code))).toEqual([]);
});

/** Codes with a file that prints them, and the files in which an error gets its code from elsewhere. */
function readCodes(): { readonly codes: ReadonlyMap<string, string>; readonly unread: readonly string[] } {
  const codes = new Map<string, string>();
  const unread = new Set<string>();
  for (const file of sources) {
    const source = ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.Latest);
    const isChosenThere = chosenThere.includes(file);
    const visit = (node: ts.Node): void => {
      if (
        ts.isNewExpression(node) &&
        ts.isIdentifier(node.expression) &&
        errorClasses.has(node.expression.text)
      ) {
        const code = node.arguments?.[0];
        if (code && ts.isStringLiteral(code)) codes.set(code.text, file);
        else unread.add(file);
      }
      if (ts.isStringLiteral(node) && isChosenThere && codeShape.test(node.text)) codes.set(node.text, file);
      // Some texts begin like an error without being one: a claim that is not judged, a report that is not written.
      const text = ts.isStringLiteral(node) || ts.isTemplateHead(node) ? node.text : '';
      const [, begun] = /^([A-Z]+(?:_[A-Z]+)+): /.exec(text) ?? [];
      if (begun !== undefined) codes.set(begun, file);
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return { codes, unread: [...unread].sort() };
}
