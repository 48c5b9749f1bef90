/** One question at a time, the newest next. */
import { describe, expect, it, vi } from 'vitest';
import { latestOnly } from '../../../../../renderer/features/regions/latest-only.ts';

function open() {
  const calls: { input: number; signal: AbortSignal; answer: (value: string) => void; fail: (error: Error) => void }[] =
    [];
  const onAnswer = vi.fn();
  const onError = vi.fn();
  const onBusy = vi.fn();
  const asking = latestOnly<number, string>(
    (input, signal) =>
      new Promise((answer, fail) => {
        calls.push({ input, signal, answer, fail });
      }),
    onAnswer,
    onError,
    onBusy,
  );
  return { asking, calls, onAnswer, onError, onBusy };
}
const settled = (): Promise<void> => new Promise((done) => setTimeout(done));

describe('asking for the latest only', () => {
  it('has one call in flight and skips what was passed over', async () => {
    const { asking, calls, onAnswer } = open();
    for (const input of [1, 2, 3, 4]) asking.ask(input);
    expect(calls.map(({ input }) => input)).toEqual([1]);
    calls[0]!.answer('one');
    await settled();
    expect(calls.map(({ input }) => input)).toEqual([1, 4]);
    calls[1]!.answer('four');
    await settled();
    expect(onAnswer.mock.calls).toEqual([
      ['one', 1],
      ['four', 4],
    ]);
    expect(calls).toHaveLength(2);
  });

  it('goes on after a failure', async () => {
    const { asking, calls, onError, onAnswer, onBusy } = open();
    asking.ask(1);
    asking.ask(2);
    calls[0]!.fail(new Error('no'));
    await settled();
    calls[1]!.answer('two');
    await settled();
    expect(onError).toHaveBeenCalledOnce();
    expect(onAnswer).toHaveBeenCalledExactlyOnceWith('two', 2);
    expect(onBusy).toHaveBeenLastCalledWith(false);
  });

  it('when stopped aborts the call, forgets what waits and shows no late answer', async () => {
    const { asking, calls, onAnswer } = open();
    asking.ask(1);
    asking.ask(2);
    asking.stop();
    expect(calls[0]!.signal.aborted).toBe(true);
    calls[0]!.answer('late');
    await settled();
    expect(calls).toHaveLength(1);
    expect(onAnswer).not.toHaveBeenCalled();
    asking.ask(3);
    expect(calls.map(({ input }) => input)).toEqual([1, 3]);
  });
});
