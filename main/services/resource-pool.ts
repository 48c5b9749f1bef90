/**
 * Open things under a key (slides, tile sets): opened on first use, shared by those who use them at the same time, closed when
 * they are the least recently used beyond the bound and nobody uses them. One that failed at its work is opened again next time,
 * unless the failure says nothing about it (a cancelled request).
 */
interface Entry<T> {
  readonly opening: Promise<T>;
  users: number;
  isDropped: boolean;
}

export class ResourcePool<T> {
  private readonly bound: number;
  private readonly dispose: (resource: T) => Promise<void>;
  private readonly isHarmless: (error: unknown) => boolean;
  private readonly entries = new Map<string, Entry<T>>();

  constructor(
    bound: number,
    dispose: (resource: T) => Promise<void>,
    isHarmless: (error: unknown) => boolean = () => false,
  ) {
    this.bound = bound;
    this.dispose = dispose;
    this.isHarmless = isHarmless;
  }

  get size(): number {
    return this.entries.size;
  }

  async use<Result>(key: string, open: () => Promise<T>, work: (resource: T) => Promise<Result>): Promise<Result> {
    const entry = this.entries.get(key) ?? { opening: open(), users: 0, isDropped: false };
    // A Map keeps insertion order: taking out and putting back makes it the newest.
    this.entries.delete(key);
    this.entries.set(key, entry);
    entry.users += 1;
    let isOpen = false;
    try {
      const resource = await entry.opening;
      isOpen = true;
      return await work(resource);
    } catch (error) {
      if (!isOpen || !this.isHarmless(error)) this.forget(key, entry);
      throw error;
    } finally {
      entry.users -= 1;
      if (entry.isDropped && entry.users === 0) await this.end(entry);
      await this.trim();
    }
  }

  /** Closes those whose key fits, as soon as nobody uses them. */
  async drop(fits: (key: string) => boolean): Promise<void> {
    for (const [key, entry] of [...this.entries]) {
      if (!fits(key)) continue;
      this.forget(key, entry);
      if (entry.users === 0) await this.end(entry);
    }
  }

  private forget(key: string, entry: Entry<T>): void {
    if (this.entries.get(key) === entry) this.entries.delete(key);
    entry.isDropped = true;
  }

  private async trim(): Promise<void> {
    for (const [key, entry] of [...this.entries]) {
      if (this.entries.size <= this.bound) return;
      if (entry.users > 0) continue;
      this.forget(key, entry);
      await this.end(entry);
    }
  }

  private async end(entry: Entry<T>): Promise<void> {
    try {
      await this.dispose(await entry.opening);
    } catch {
      // It never opened, which its user was told, or it is closed already.
    }
  }
}
