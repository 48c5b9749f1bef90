/** Figures of quality as the page writes them: ".60", "34 %". Pure. */
export function figureText(value: number): string {
  return value.toFixed(2).replace(/^(-?)0\./, '$1.');
}

/** Whole percent; a share that is not zero never reads "0 %", one that is not all never "100 %". */
export function percentText(share: number, language: string): string {
  if (share > 0 && share < 0.01) return '<1 %';
  if (share > 0.99 && share < 1) return '>99 %';
  return `${new Intl.NumberFormat(language, { maximumFractionDigits: 0 }).format(share * 100)} %`;
}
