/**
 * Acts on their way to the core: sent in order, a few at a time, put back when the connection is lost and kept in the browser's
 * session until they are saved, so that neither a lost line nor a reload loses a label. Not a log: what is saved is forgotten
 * here.
 */
import { toErrorReport, type ErrorReport } from '#common/errors.ts';
import { isSameChange, type LabelAct } from './label-acts.ts';

/** Numbers of the commands in the project's log; null: sent together with other acts, or nothing had to be changed. */
export type Commands = readonly number[] | null;

export interface OutboxParts {
  /** Sends tiles of one act, or of several alike. Answers the commands it made. */
  readonly send: (act: LabelAct) => Promise<readonly number[]>;
  /** Whether an act may be sent now: there is a connection, and its project is open. */
  readonly canSend: (act: LabelAct) => boolean;
  readonly onSaved: (act: LabelAct, commands: Commands) => void;
  readonly onRefused: (act: LabelAct, error: ErrorReport) => void;
  readonly onChanged: (waiting: number) => void;
  readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
}

const storageKey = 'trefoil.waiting-labels';
const mostInFlight = 4;
/** From here on acts that say the same are sent as one. */
const pile = 12;
/** As many tiles as the core takes in one call. */
const mostTiles = 10_000;

export class LabelOutbox {
  private waiting: LabelAct[];
  private inFlight: LabelAct[] = [];
  private readonly parts: OutboxParts;

  constructor(parts: OutboxParts) {
    this.parts = parts;
    this.waiting = restore(parts.storage);
  }

  /** Not saved yet, in the order they were made. */
  get unsaved(): readonly LabelAct[] {
    return [...this.inFlight, ...this.waiting].sort((a, b) => a.id - b.id);
  }

  push(act: LabelAct): void {
    this.waiting.push(act);
    this.changed();
    this.pump();
  }

  /** True when the act was still here and will never be sent. */
  takeBack(act: LabelAct): boolean {
    const at = this.waiting.findIndex(({ id }) => id === act.id);
    if (at < 0) return false;
    this.waiting.splice(at, 1);
    this.changed();
    return true;
  }

  isInFlight(act: LabelAct): boolean {
    return this.inFlight.some(({ id }) => id === act.id);
  }

  /** Sends what can be sent; call it after a new connection and when another project was opened. */
  pump(): void {
    while (this.inFlight.length < mostInFlight) {
      const group = this.nextGroup();
      if (group.length === 0) return;
      void this.sendGroup(group);
    }
  }

  private nextGroup(): LabelAct[] {
    const first = this.waiting.find((act) => this.parts.canSend(act));
    if (first === undefined) return [];
    const group = [first];
    if (this.waiting.length >= pile) {
      let tiles = first.tiles.length;
      for (const act of this.waiting.slice(this.waiting.indexOf(first) + 1)) {
        tiles += act.tiles.length;
        const isAlike = act.project === first.project && act.tileSet === first.tileSet;
        if (!isAlike || !isSameChange(act.change, first.change) || tiles > mostTiles) break;
        group.push(act);
      }
    }
    this.waiting = this.waiting.filter((act) => !group.includes(act));
    this.inFlight.push(...group);
    return group;
  }

  private async sendGroup(group: readonly LabelAct[]): Promise<void> {
    const [first] = group;
    if (first === undefined) return;
    let error: ErrorReport | null = null;
    let commands: readonly number[] = [];
    try {
      commands = await this.parts.send({ ...first, tiles: group.flatMap(({ tiles }) => [...tiles]) });
    } catch (thrown) {
      error = toErrorReport(thrown);
    }
    this.inFlight = this.inFlight.filter((act) => !group.includes(act));
    if (error?.code === 'connection-lost') {
      this.waiting = [...group, ...this.waiting].sort((a, b) => a.id - b.id);
      this.changed();
      return;
    }
    this.changed();
    const alone = group.length === 1 && commands.length > 0 ? commands : null;
    for (const act of group) {
      if (error === null) this.parts.onSaved(act, alone);
      else this.parts.onRefused(act, error);
    }
    this.pump();
  }

  private changed(): void {
    const { unsaved } = this;
    if (unsaved.length === 0) this.parts.storage.removeItem(storageKey);
    else this.parts.storage.setItem(storageKey, JSON.stringify(unsaved));
    this.parts.onChanged(unsaved.reduce((sum, { tiles }) => sum + tiles.length, 0));
  }
}

/** What an earlier page could not send. Anything that is not acts is thrown away. */
function restore(storage: OutboxParts['storage']): LabelAct[] {
  try {
    const kept: unknown = JSON.parse(storage.getItem(storageKey) ?? '[]');
    return Array.isArray(kept) ? kept.filter(isAct) : [];
  } catch {
    return [];
  }
}

function isAct(value: unknown): value is LabelAct {
  if (typeof value !== 'object' || value === null) return false;
  const { id, project, tileSet, tiles, change } = value as Partial<LabelAct>;
  return (
    typeof id === 'number' &&
    typeof project === 'string' &&
    typeof tileSet === 'string' &&
    Array.isArray(tiles) &&
    tiles.every((tile) => Number.isInteger(tile)) &&
    typeof change === 'object' &&
    ['label', 'mark', 'clear'].includes(change.kind)
  );
}
