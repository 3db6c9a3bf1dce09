/** The rules of the house about who may import whom; docs/architecture.md tells why. Checked by `npm run check`. */

/** One door per outside package: everybody else imports the door. */
const door = (packageName, ...rooms) => ({
  name: `door-of-${packageName.replaceAll(/\W+/g, '-')}`,
  comment: `Only ${rooms.join(', ')} may import ${packageName}.`,
  severity: 'error',
  from: { pathNot: rooms.map((room) => `^${room}`) },
  to: { path: `(^|node_modules/)${packageName}(/|$)` },
});

export default {
  forbidden: [
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'analysis-is-pure',
      comment: 'What judges a record needs nothing of the machine it runs on.',
      severity: 'error',
      from: { path: '^harness/(analysis|log)/', pathNot: '\\.test\\.ts$|/testdata/' },
      to: { dependencyTypes: ['core', 'npm'], path: '.*' },
    },
    {
      name: 'analysis-knows-records-and-logs-only',
      severity: 'error',
      from: { path: '^harness/analysis/', pathNot: '\\.test\\.ts$' },
      to: { path: '^harness/', pathNot: '^harness/(analysis|log|record|time)/' },
    },
    {
      name: 'boards-apart',
      comment: 'A board never imports another board; what they share is a file of its own.',
      severity: 'error',
      from: { path: '^harness/boards/(virtual|program)/' },
      to: { path: '^harness/boards/(?!$1/|parts/)' },
    },
    {
      name: 'parts-know-no-board',
      severity: 'error',
      from: { path: '^harness/boards/parts/' },
      to: { path: '^harness/boards/(?!parts/)' },
    },
    {
      name: 'nothing-imports-specs',
      severity: 'error',
      from: { pathNot: '^specs/' },
      to: { path: '^specs/' },
    },
    {
      name: 'harness-stands-alone',
      comment: 'scripts use the harness, not the other way round.',
      severity: 'error',
      from: { path: '^harness/' },
      to: { path: '^scripts/' },
    },
    {
      name: 'specs-have-no-plumbing',
      comment: 'A spec states claims: it needs the claim fixture, bounds and the words of the analysis.',
      severity: 'error',
      from: { path: '^specs/' },
      to: { pathNot: '^(specs|harness/fixtures|harness/analysis)/' },
    },
    {
      name: 'no-test-code-in-the-product',
      severity: 'error',
      from: { pathNot: '\\.test\\.ts$|/testdata/' },
      to: { path: '\\.test\\.ts$|/testdata/' },
    },
    {
      name: 'nothing-unlisted',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'unknown', 'undetermined'] },
    },
    door('execa', 'harness/process/'),
    door('serialport', 'harness/serial/'),
    door('@serialport', 'harness/serial/'),
    door('zx', 'scripts/'),
    door('valibot', 'harness/bench/'),
    door('yauzl', 'harness/build/'),
    door('ora', 'harness/report/'),
    door('uplot', 'harness/report/html/'),
    door('esbuild', 'harness/report/html/'),
    door('birpc', 'harness/process/', 'harness/bench/'),
    door('koffi', 'harness/udp/', 'harness/process/', 'harness/boards/parts/doors/'),
    {
      name: 'door-of-dgram',
      severity: 'error',
      // The benchmark's plain server is what one writes without the door.
      from: { pathNot: '^harness/(udp/|benchmark/plain-server\\.ts$)|\\.test\\.ts$' },
      to: { path: '^(node:)?dgram$' },
    },
    {
      name: 'door-of-vitest',
      comment: 'Only fixtures and tests know the test runner.',
      severity: 'error',
      from: { pathNot: '^(harness/fixtures|ci)/|\\.test\\.ts$|^vitest\\.config\\.ts$' },
      to: { path: '(^|node_modules/)vitest(/|$)' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    exclude: { path: '^(runs|\\.hil)/' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.mjs', '.cjs', '.js', '.json', '.d.ts'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
