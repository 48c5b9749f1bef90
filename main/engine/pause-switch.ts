/** A switch the training loop asks between two steps: paused work waits without using the device; cancelling ends the wait. */
export class PauseSwitch {
  private waiting: (() => void)[] = [];
  private held = false;

  get paused(): boolean {
    return this.held;
  }

  pause(): void {
    this.held = true;
  }

  resume(): void {
    this.held = false;
    for (const release of this.waiting.splice(0)) release();
  }

  /** Resolves at once unless paused; then on resume or when `signal` aborts. */
  async wait(signal?: AbortSignal): Promise<void> {
    if (!this.held || signal?.aborted === true) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        signal?.removeEventListener('abort', done);
        resolve();
      };
      this.waiting.push(done);
      signal?.addEventListener('abort', done, { once: true });
    });
  }
}
