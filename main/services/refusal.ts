/** Why one of many was left out while the others go on. */
import { toErrorReport, type ErrorCode, type ErrorReport } from '#common/errors.ts';

/** These are about the whole job and not about one file: going on would fail again or is not wanted. */
const stopping: ReadonlySet<ErrorCode> = new Set(['cancelled', 'disk-full', 'out-of-memory']);

/** The report for the person. Throws again what must stop the whole job. */
export function refusalOf(error: unknown): ErrorReport {
  const report = toErrorReport(error);
  if (stopping.has(report.code)) throw error;
  return report;
}
