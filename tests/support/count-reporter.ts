/** Vitest reporter whose last line is "N passed, N failed[, N skipped]", so that any runner can read the result. */
import type { Reporter, SerializedError, TestCase, TestModule } from 'vitest/node';
import { groupSkipped, publishCounts } from './test-counts.ts';

export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    let passed = 0;
    let failed = errors.length;
    const reasons: string[] = [];
    for (const module of modules) {
      const before = failed;
      for (const test of module.children.allTests()) {
        const state = test.result().state;
        if (state === 'passed') passed += 1;
        else if (state === 'failed') failed += 1;
        else reasons.push(reasonOf(test, module));
      }
      // A file that does not load has no tests to count, but it is a failure all the same.
      if (module.state() === 'failed' && failed === before) failed += 1;
    }
    publishCounts({ passed, failed, skipped: groupSkipped(reasons) });
  }
}

/** The note of `context.skip`, else the name of the skipped group: it carries the reason by this project's rule. */
function reasonOf(test: TestCase, module: TestModule): string {
  const result = test.result();
  if (result.state === 'skipped' && result.note !== undefined) return result.note;
  const name = test.parent.type === 'suite' ? test.parent.fullName : test.fullName;
  return `${name} (${module.relativeModuleId})`;
}
