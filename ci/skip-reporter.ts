import type { Reporter, TestModule, TestSuite } from 'vitest/node';

/** Says at the end of a test run which groups of tests were skipped; their names say what they need. */
export default class SkipReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const skipped = modules.flatMap((module) => [...module.children.suites()].filter(isSkipped));
    if (skipped.length === 0) return;
    console.log('\nSkipped, because what they need is not at hand:');
    for (const suite of skipped) {
      const count = [...suite.children.allTests()].length;
      console.log(
        `  ${suite.name}: ${count} test${count === 1 ? '' : 's'} in ${suite.module.relativeModuleId}`,
      );
    }
  }
}

function isSkipped(suite: TestSuite): boolean {
  return suite.options.mode === 'skip';
}
