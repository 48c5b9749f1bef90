/**
 * Pictures of tiles loaded and decoded before they are needed, so that the next tile is painted with the key press. Holds the
 * newest few; a picture held here is shown at once by any <img> with the same address.
 */
import { onScopeDispose, shallowRef, watch, type ShallowRef } from 'vue';

const mostHeld = 64;

export interface TileImages {
  /** Addresses whose picture can be shown at once. */
  readonly ready: ShallowRef<ReadonlySet<string>>;
  /** Those whose picture cannot be had: damaged, or there is no connection. */
  readonly failed: ShallowRef<ReadonlySet<string>>;
}

/** `addresses`: in the order they are needed. */
export function useTileImages(addresses: () => readonly string[]): TileImages {
  const ready = shallowRef<ReadonlySet<string>>(new Set());
  const failed = shallowRef<ReadonlySet<string>>(new Set());
  const held = new Map<string, HTMLImageElement>();

  async function hold(address: string): Promise<void> {
    const image = new Image();
    held.set(address, image);
    image.src = address;
    try {
      await image.decode();
      ready.value = new Set([...ready.value, address].slice(-4 * mostHeld));
    } catch {
      // Asked again when it is needed again.
      if (held.get(address) === image) held.delete(address);
      failed.value = new Set([...failed.value, address].slice(-4 * mostHeld));
    }
  }

  watch(
    () => addresses().join('\n'),
    () => {
      for (const address of addresses()) {
        const known = held.get(address);
        if (known === undefined) void hold(address);
        else {
          // Moved to the end: needed last, dropped last.
          held.delete(address);
          held.set(address, known);
        }
      }
      for (const oldest of [...held.keys()].slice(0, Math.max(0, held.size - mostHeld))) held.delete(oldest);
    },
    { immediate: true },
  );
  onScopeDispose(() => held.clear());
  return { ready, failed };
}
