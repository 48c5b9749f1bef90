/**
 * The result of a test run in numbers, for the two reporters (vitest, Playwright) and for build/run-tests.ts, which adds them up.
 * A run on its own prints its line last; within `npm test` it writes a file instead, so that one line stands for both.
 */
import { writeFileSync } from 'node:fs';

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly SkippedTests[];
}

/** Tests skipped for one reason, or one skipped group whose name says it. */
export interface SkippedTests {
  readonly count: number;
  readonly reason: string;
}

/** Name of the variable with the file a run within `npm test` writes its counts to. */
export const countsFileVariable = 'TREFOIL_TEST_COUNTS';

export function countsLine({ passed, failed, skipped }: TestCounts): string {
  const count = skipped.reduce((sum, item) => sum + item.count, 0);
  return `${passed} passed, ${failed} failed${count > 0 ? `, ${count} skipped` : ''}`;
}

/** One line a reason; empty when nothing was skipped. */
export function skippedLines({ skipped }: TestCounts): string {
  return skipped.map(({ count, reason }) => `Skipped ${count}: ${reason}\n`).join('');
}

export function addCounts(all: readonly TestCounts[]): TestCounts {
  return {
    passed: all.reduce((sum, item) => sum + item.passed, 0),
    failed: all.reduce((sum, item) => sum + item.failed, 0),
    skipped: all.flatMap((item) => item.skipped),
  };
}

export function groupSkipped(reasons: readonly string[]): SkippedTests[] {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => ({ count, reason }));
}

/** To be called once, when the run has ended. */
export function publishCounts(counts: TestCounts): void {
  const file = process.env[countsFileVariable];
  if (file !== undefined) {
    writeFileSync(file, JSON.stringify(counts));
    return;
  }
  process.on('exit', () => process.stdout.write(`\n${skippedLines(counts)}${countsLine(counts)}\n`));
}
