/**
 * Ends this process although a drive does not answer. A hanging file call keeps the event loop alive, and process.exit waits
 * for its thread as well (libuv joins its pool), so then only a signal ends the process: SIGKILL, exit code 137 in a shell.
 */

/** All work is done by then; what still keeps the process is a thread that nobody can end. */
const patienceMs = 10_000;

/** As process.exit, but does not wait for a file call of this thread that hangs. */
export function endProcess(exitCode: number): void {
  if (process.getActiveResourcesInfo().some((name) => name.startsWith('FSReq'))) process.kill(process.pid, 'SIGKILL');
  process.exit(exitCode);
}

/** Lets the process end by itself, and by force where something keeps it although all work is done. */
export function endWhenDone(exitCode: number, waitMs: number = patienceMs): void {
  process.exitCode = exitCode;
  const check = (): void => {
    // A slow reader of the output is waited for.
    if (process.stdout.writableLength + process.stderr.writableLength > 0) endWhenDone(exitCode, waitMs);
    else process.kill(process.pid, 'SIGKILL');
  };
  // Not a reason to stay: with nothing left to do the process ends before.
  setTimeout(check, waitMs).unref();
}
