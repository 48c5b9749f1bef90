/** Labels on their way: order, few at a time, put back when the line is lost, kept over a reload. */
import { describe, expect, it } from 'vitest';
import { TrefoilError } from '#common/errors.ts';
import type { LabelAct } from '../../../../../renderer/features/label/label-acts.ts';
import { LabelOutbox, type Commands } from '../../../../../renderer/features/label/label-outbox.ts';

const lost = (): TrefoilError => new TrefoilError('connection-lost', 'Lost.', 'Wait.');
const act = (id: number, tile = id, label = 'a'): LabelAct => ({
  id,
  project: 'p',
  tileSet: 's',
  tiles: [tile],
  change: { kind: 'label', class: label, source: 'person' },
});
const pause = (): Promise<void> => new Promise((done) => setTimeout(done));

function memory(kept: Record<string, string> = {}) {
  return {
    kept,
    getItem: (name: string) => kept[name] ?? null,
    setItem: (name: string, text: string) => void (kept[name] = text),
    removeItem: (name: string) => void delete kept[name],
  };
}

function outboxWith(send: (act: LabelAct) => Promise<readonly number[]>, storage = memory()) {
  const saved: [number, Commands][] = [];
  const refused: string[] = [];
  let isOpen = true;
  const outbox = new LabelOutbox({
    send,
    storage,
    canSend: () => isOpen,
    onSaved: ({ id }, commands) => saved.push([id, commands]),
    onRefused: ({ id }, error) => refused.push(`${id} ${error.code}`),
    onChanged: () => undefined,
  });
  return { outbox, saved, refused, storage, open: (value: boolean) => (isOpen = value) };
}

describe('label outbox', () => {
  it('sends acts in order, at most four at a time, and says which command each became', async () => {
    const sent: number[] = [];
    let most = 0;
    let now = 0;
    const { outbox, saved, storage } = outboxWith(async ({ id }) => {
      sent.push(id);
      now += 1;
      most = Math.max(most, now);
      await pause();
      now -= 1;
      return [id * 10];
    });
    for (let id = 1; id <= 9; id += 1) outbox.push(act(id));
    while (saved.length < 9) await pause();
    expect(sent).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(most).toBe(4);
    expect(saved[2]).toEqual([3, [30]]);
    expect(storage.kept).toEqual({});
  });

  it('keeps what is lost on the way, in order, and sends it after a new connection', async () => {
    const sent: number[] = [];
    let isDown = true;
    const made = outboxWith(async ({ id }) => {
      if (isDown) throw lost();
      sent.push(id);
      return [id];
    });
    for (let id = 1; id <= 3; id += 1) made.outbox.push(act(id));
    made.open(false);
    await pause();
    expect(made.outbox.unsaved.map(({ id }) => id)).toEqual([1, 2, 3]);
    expect(made.refused).toEqual([]);
    isDown = false;
    made.open(true);
    made.outbox.pump();
    await pause();
    expect(sent).toEqual([1, 2, 3]);
    expect(made.outbox.unsaved).toEqual([]);
  });

  it('sends acts of one kind as one when they pile up, which cannot be undone singly', async () => {
    const sent: number[][] = [];
    const { outbox, saved, open } = outboxWith(async ({ tiles }) => {
      sent.push([...tiles]);
      return [1];
    });
    open(false);
    for (let id = 1; id <= 20; id += 1) outbox.push(act(id, id, id === 15 ? 'b' : 'a'));
    open(true);
    outbox.pump();
    await pause();
    expect(sent[0]).toHaveLength(14);
    expect(sent[1]).toEqual([15]);
    expect(saved).toHaveLength(20);
    expect(saved[0]).toEqual([1, null]);
  });

  it('tells of a refusal and goes on with the rest', async () => {
    const { outbox, saved, refused } = outboxWith(async ({ id }) => {
      if (id === 2) throw new TrefoilError('disk-full', 'Full.', 'Make room.');
      return [id];
    });
    for (let id = 1; id <= 3; id += 1) outbox.push(act(id));
    await pause();
    expect(refused).toEqual(['2 disk-full']);
    expect(saved.map(([id]) => id)).toEqual([1, 3]);
  });

  it('takes an act back that was not sent yet', () => {
    const { outbox, open } = outboxWith(async () => []);
    open(false);
    const waiting = act(1);
    outbox.push(waiting);
    expect(outbox.takeBack(waiting)).toBe(true);
    expect(outbox.takeBack(waiting)).toBe(false);
    expect(outbox.unsaved).toEqual([]);
  });

  it('finds after a reload what was not saved, and nothing else', async () => {
    const storage = memory();
    const before = outboxWith(async () => [], storage);
    before.open(false);
    before.outbox.push(act(7));
    const sent: LabelAct[] = [];
    const after = outboxWith(async (each) => {
      sent.push(each);
      return [1];
    }, storage);
    after.outbox.pump();
    await pause();
    expect(sent).toEqual([act(7)]);
    expect(outboxWith(async () => [], memory({ 'trefoil.waiting-labels': '[{"id":1},5' })).outbox.unsaved).toEqual([]);
    expect(outboxWith(async () => [], memory({ 'trefoil.waiting-labels': '[{"id":1},5]' })).outbox.unsaved).toEqual([]);
  });
});
