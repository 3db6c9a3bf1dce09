/** The published schema says what the types say, and what real verdicts hold. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const schema = readSchema('verdict.schema.json');

function readSchema(name: string): Schema {
  return JSON.parse(readFileSync(join(root, 'docs/schema', name), 'utf8')) as Schema;
}

interface Schema {
  readonly $defs: Readonly<Record<string, Definition>>;
}
interface Definition {
  readonly required: readonly string[];
  readonly properties: Readonly<Record<string, unknown>>;
}

describe('docs/schema/verdict.schema.json', () => {
  const sources = ['verdict.ts', 'comparison.ts', 'crash-report.ts', '../log/call-stack.ts'];
  const interfaces = new Map(
    sources.flatMap((source) => [...readInterfaces(join(import.meta.dirname, source))]),
  );

  it('has a definition for each interface of the types', () => {
    expect(Object.keys(schema.$defs).sort()).toEqual([...interfaces.keys()].sort());
  });

  it.each([...interfaces])(
    '%s has the fields of its type, and requires those that are always there',
    (name, fields) => {
      const { properties, required } = schema.$defs[name] ?? { properties: {}, required: [] };
      expect(Object.keys(properties).sort()).toEqual([...fields.keys()].sort());
      const always = [...fields].flatMap(([field, optional]) => (optional ? [] : [field]));
      expect([...required].sort()).toEqual(always.sort());
    },
  );
});

describe('docs/schema/boards.schema.json', () => {
  const boards = readSchema('boards.schema.json');
  const interfaces = [...readInterfaces(join(import.meta.dirname, 'boards-result.ts'))];

  it.each(interfaces)(
    '%s has the fields of its type, and requires those that are always there',
    (name, fields) => {
      const { properties, required } = boards.$defs[name] ?? { properties: {}, required: [] };
      expect(Object.keys(properties).sort()).toEqual([...fields.keys()].sort());
      expect([...required].sort()).toEqual(
        [...fields].flatMap(([field, optional]) => (optional ? [] : [field])).sort(),
      );
    },
  );

  it('finds a mistake in the run of a board, too', () => {
    const validate = new Ajv2020({ strict: true, allowUnionTypes: true, formats: { 'date-time': true } })
      .addSchema(schema)
      .compile(boards);
    const run = recorded('healthy');
    const board = { name: 'desk', labels: [], verdict: 'passed', summary: 'all claims hold' };
    const result = (of: object) => ({
      ...{ schema: 1, id: 'x', startedAt: '2026-11-25T12:00:00Z', verdict: 'passed', summary: '' },
      ...{ boards: [{ ...board, run: of }], timingsMs: { total: 1 }, record: 'runs/x' },
    });
    expect(validate(result(run)) || validate.errors).toBe(true);
    expect(validate(result({ ...run, verdict: 'green' }))).toBe(false);
  });
});

describe('recorded verdicts', () => {
  const validate = strictValidator();
  const runs = readdirSync(join(root, 'specs/data'), { withFileTypes: true }).filter((it) =>
    it.isDirectory(),
  );

  it.each(runs.map(({ name }) => name))(
    '%s is valid, and holds nothing that the schema does not name',
    (name) => {
      expect(validate(recorded(name)) || validate.errors).toBe(true);
    },
  );

  it.each<[string, (verdict: Record<string, unknown>) => void]>([
    ['another schema', (verdict) => (verdict['schema'] = 2)],
    ['no verdict', (verdict) => delete verdict['verdict']],
    ['a verdict that there is not', (verdict) => (verdict['verdict'] = 'green')],
    ['a field without a value', (verdict) => (verdict['firmware'] = null)],
    ['a negative time', (verdict) => (verdict['timingsMs'] = { total: -1 })],
  ])('%s is found', (_, spoil) => {
    const verdict = recorded('healthy');
    spoil(verdict);
    expect(validate(verdict)).toBe(false);
  });
});

function recorded(name: string): Record<string, unknown> {
  const file = join(root, 'specs/data', name, 'verdict.json');
  return JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
}

/** As published it leaves room for fields to come; here, none is missing. */
function strictValidator() {
  const $defs = Object.fromEntries(
    Object.entries(schema.$defs).map(([name, fields]) => [name, { ...fields, additionalProperties: false }]),
  );
  return new Ajv2020({ strict: true, allowUnionTypes: true, formats: { 'date-time': true } }).compile({
    ...schema,
    $defs,
  });
}

/** Fields of each exported interface, and whether they are optional. */
function readInterfaces(file: string): Map<string, Map<string, boolean>> {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest);
  return new Map(
    source.statements
      .filter(ts.isInterfaceDeclaration)
      .map((declaration) => [
        declaration.name.text,
        new Map(
          declaration.members
            .filter(ts.isPropertySignature)
            .map((member) => [(member.name as ts.Identifier).text, member.questionToken !== undefined]),
        ),
      ]),
  );
}
