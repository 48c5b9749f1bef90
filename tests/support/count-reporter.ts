/** Vitest reporter whose last line is "N passed, N failed[, N skipped]", so that any runner can read the result. */
import type { Reporter, TestModule, SerializedError } from 'vitest/node';

export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const count = { passed: 0, failed: errors.length, skipped: 0 };
    for (const module of modules) {
      const before = count.failed;
      for (const test of module.children.allTests()) {
        const state = test.result().state;
        if (state === 'passed') count.passed += 1;
        else if (state === 'failed') count.failed += 1;
        else count.skipped += 1;
      }
      // A file that does not load has no tests to count, but it is a failure all the same.
      if (module.state() === 'failed' && count.failed === before) count.failed += 1;
    }
    process.on('exit', () => {
      const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : '';
      process.stdout.write(`\n${count.passed} passed, ${count.failed} failed${skipped}\n`);
    });
  }
}
