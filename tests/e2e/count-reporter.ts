/** Playwright reporter that ends like the one of vitest: "N passed, N failed[, N skipped]", with the reason of each skip. */
import type { FullConfig, Reporter, Suite, TestCase } from '@playwright/test/reporter';
import { groupSkipped, publishCounts } from '../support/test-counts.ts';

export default class CountReporter implements Reporter {
  private suite: Suite | null = null;
  private errors = 0;

  printsToStdio(): boolean {
    return false;
  }

  onBegin(_config: FullConfig, suite: Suite): void {
    this.suite = suite;
  }

  /** Outside of any test: a file that does not load, a worker that dies. */
  onError(): void {
    this.errors += 1;
  }

  onEnd(): void {
    let passed = 0;
    let failed = this.errors;
    const reasons: string[] = [];
    for (const test of this.suite?.allTests() ?? []) {
      const outcome = test.outcome();
      if (outcome === 'skipped') reasons.push(reasonOf(test));
      else if (outcome === 'unexpected') failed += 1;
      else passed += 1;
    }
    publishCounts({ passed, failed, skipped: groupSkipped(reasons) });
  }
}

function reasonOf(test: TestCase): string {
  const annotations = [...test.annotations, ...test.results.flatMap((result) => result.annotations)];
  const given = annotations.find((annotation) => annotation.type === 'skip')?.description;
  if (given !== undefined) return given;
  return test.results.length === 0
    ? 'did not run because what it needs failed before'
    : `${test.titlePath().slice(3).join(' > ')} gives no reason`;
}
