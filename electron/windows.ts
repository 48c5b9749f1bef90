/** The one window: where it was last time, if that is still on a screen. */
import type { BrowserWindowConstructorOptions, Rectangle } from 'electron';
import { z } from 'zod';
import { webPreferences } from './security.ts';

export const windowState = z.object({
  x: z.number().int(),
  y: z.number().int(),
  width: z.number().int().min(640).max(20_000),
  height: z.number().int().min(480).max(20_000),
  isMaximised: z.boolean(),
});
export type WindowState = z.output<typeof windowState>;

/** What was stored, if it can be used: at least a part to take hold of must be on a screen. */
export function restoreState(text: string | null, displays: readonly Rectangle[]): WindowState | null {
  let stored: unknown;
  try {
    stored = JSON.parse(text ?? 'null');
  } catch {
    return null;
  }
  const parsed = windowState.safeParse(stored);
  if (!parsed.success) return null;
  const { x, y, width } = parsed.data;
  const isReachable = displays.some(
    (display) =>
      y >= display.y - 10 &&
      y < display.y + display.height - 40 &&
      x + width > display.x + 100 &&
      x < display.x + display.width - 100,
  );
  return isReachable ? parsed.data : null;
}

export function windowOptions(
  state: WindowState | null,
  preload: string,
  isDark: boolean,
): BrowserWindowConstructorOptions {
  const place =
    state === null
      ? { width: 1440, height: 900 }
      : { x: state.x, y: state.y, width: state.width, height: state.height };
  return {
    ...place,
    minWidth: 640,
    minHeight: 480,
    title: 'Trefoil',
    // As the page's, so that nothing flashes.
    backgroundColor: isDark ? '#1b1b1b' : '#f2f2f2',
    show: false,
    autoHideMenuBar: false,
    webPreferences: webPreferences(preload),
  };
}
