/**
 * One call in flight, and behind it at most one more: the newest. For a slider that asks faster than the core answers; every
 * answer is shown, none in between is waited for, and the last position always gets its answer.
 */
export interface LatestOnly<Input> {
  /** Replaces whatever waits. */
  ask(input: Input): void;
  /** Forgets what waits and aborts what runs. */
  stop(): void;
}

export function latestOnly<Input, Output>(
  call: (input: Input, signal: AbortSignal) => Promise<Output>,
  onAnswer: (output: Output, input: Input) => void,
  onError: (error: unknown) => void,
  onBusy: (isBusy: boolean) => void = () => undefined,
): LatestOnly<Input> {
  let running: AbortController | null = null;
  let waiting: { readonly input: Input } | null = null;

  const run = async (input: Input): Promise<void> => {
    const controller = new AbortController();
    running = controller;
    onBusy(true);
    try {
      const output = await call(input, controller.signal);
      if (!controller.signal.aborted) onAnswer(output, input);
    } catch (error) {
      if (!controller.signal.aborted) onError(error);
    }
    if (running !== controller) return;
    running = null;
    const next = waiting;
    waiting = null;
    if (next === null) onBusy(false);
    else void run(next.input);
  };

  return {
    ask: (input) => {
      if (running === null) void run(input);
      else waiting = { input };
    },
    stop: () => {
      waiting = null;
      running?.abort();
      running = null;
      onBusy(false);
    },
  };
}
