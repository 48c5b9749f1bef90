/**
 * Pictures of tiles loaded and decoded before they are needed, so that the next tile is painted with the key press. Holds the
 * newest few; a picture held here is shown at once by any <img> with the same address.
 */
import { onScopeDispose, shallowRef, watch, type ShallowRef } from 'vue';

const mostHeld = 64;

export interface TileImages {
  /** Addresses whose picture can be shown at once, or will never come. */
  readonly settled: ShallowRef<ReadonlySet<string>>;
}

/** `addresses`: in the order they are needed. */
export function useTileImages(addresses: () => readonly string[]): TileImages {
  const settled = shallowRef<ReadonlySet<string>>(new Set());
  const held = new Map<string, HTMLImageElement>();

  async function hold(address: string): Promise<void> {
    const image = new Image();
    held.set(address, image);
    image.src = address;
    try {
      await image.decode();
    } catch {
      // Broken or unreachable: the page shows the gap, and the person can go on. Asked again when it is needed again.
      if (held.get(address) === image) held.delete(address);
    }
    settled.value = new Set([...settled.value, address].slice(-4 * mostHeld));
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
  return { settled };
}
