/** Figures and shares as a report writes them. */
import type { Figure } from '#common/contract/figure.ts';

export function figureText({ value, low, high, intervalNote }: Figure): string {
  return low === null || high === null
    ? `${value.toFixed(3)} (${intervalNote ?? 'no interval'})`
    : `${value.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`;
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
