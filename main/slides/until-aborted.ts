import { throwIfCancelled } from '#common/errors.ts';

/** Nobody who has given up waits for a drive that does not answer; the reading itself ends when it can. */
export async function untilAborted<T>(reading: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return reading;
  return new Promise<T>((done, failed) => {
    const cancel = (): void => {
      try {
        throwIfCancelled(signal);
      } catch (error) {
        failed(error as Error);
      }
    };
    signal.addEventListener('abort', cancel, { once: true });
    void reading.then(done, failed).finally(() => signal.removeEventListener('abort', cancel));
  });
}
