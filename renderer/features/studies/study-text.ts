/** Numbers of studies as the page writes them, and numbers a person types. Pure. */

/** "+.041", "-.007": a difference always says its direction. */
export function gainText(value: number): string {
  const text = Math.abs(value).toFixed(3).replace(/^0\./, '.');
  return `${value < 0 ? '-' : '+'}${text}`;
}

/** Shares of 0 to 1 out of percents, "1; 10"; null when one is none. */
export function sharesOf(text: string): number[] | null {
  const parts = text.split(/[;\s]+/).filter((part) => part !== '');
  const shares = parts.map((part) => Number(part.replace(/,$/, '').replace(',', '.')) / 100);
  const areShares = shares.length > 0 && shares.length <= 10 && shares.every((share) => share > 0 && share <= 1);
  return areShares ? [...new Set(shares)] : null;
}

/** A whole number within limits; null for anything else. */
export function wholeNumber(text: string, least: number, most: number): number | null {
  const value = Number(text.trim());
  return text.trim() !== '' && Number.isInteger(value) && value >= least && value <= most ? value : null;
}
