/**
 * The closed list of failures Trefoil expects and explains. Anything else is a defect and becomes `internal`.
 * Not a place for control flow: a function that can answer "no" returns a value.
 */
export const errorCodes = [
  'file-not-found',
  'file-unreadable',
  'file-truncated',
  'file-invalid',
  'file-unsupported',
  'file-changed',
  'limit-exceeded',
  'mpp-missing',
  'no-tissue',
  'no-tiles',
  'no-labels',
  'one-class',
  'no-run',
  'invalid-input',
  'not-found',
  'already-exists',
  'project-busy',
  'project-newer',
  'disk-full',
  'out-of-memory',
  'engine-unavailable',
  'engine-lost',
  'training-diverged',
  'checkpoint-invalid',
  'shard-corrupt',
  'cancelled',
  'not-allowed',
  'server-busy',
  'connection-lost',
  'protocol-mismatch',
  'internal',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** Plain form of an error: what crosses a process boundary and what `--json` prints. */
export interface ErrorReport {
  readonly code: ErrorCode;
  /** What happened and to what, in one sentence. */
  readonly message: string;
  /** What the person can do next, in one sentence. */
  readonly hint: string;
  /** Facts for a log or a bug report: never a secret, never patient data. */
  readonly details: Readonly<Record<string, string | number | boolean | null>>;
}

/** An expected failure. `cause` keeps the original error for the log. */
export class TrefoilError extends Error {
  override readonly name = 'TrefoilError';
  readonly code: ErrorCode;
  readonly hint: string;
  readonly details: ErrorReport['details'];

  constructor(code: ErrorCode, message: string, hint: string, details: ErrorReport['details'] = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.hint = hint;
    this.details = details;
  }

  toReport(): ErrorReport {
    return { code: this.code, message: this.message, hint: this.hint, details: this.details };
  }

  static fromReport(report: ErrorReport): TrefoilError {
    return new TrefoilError(report.code, report.message, report.hint, report.details);
  }
}

/** Thrown by every stage whose `signal` was aborted. What was finished before stays on disk. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw new TrefoilError(
      'cancelled',
      'The job was cancelled.',
      'Run the same command again to go on where it stopped.',
    );
  }
}

/** Any thrown value as a report; what is not ours becomes `internal` with its text kept for the log. */
export function toErrorReport(error: unknown): ErrorReport {
  if (error instanceof TrefoilError) return error.toReport();
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: 'internal',
    message: `Unexpected failure: ${message}`,
    hint: 'This is a defect in Trefoil. Please report it together with the log.',
    details: { stack: error instanceof Error ? (error.stack ?? null) : null },
  };
}
