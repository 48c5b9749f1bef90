/** A round length (1, 2 or 5 times a power of ten) that is about a fifth of a picture's width. Pure. */
export function scaleBar(widthUm: number): { readonly share: number; readonly text: string } {
  const wanted = widthUm / 5;
  const power = 10 ** Math.floor(Math.log10(wanted));
  const factor = [5, 2, 1].find((each) => each * power <= wanted) ?? 1;
  const lengthUm = factor * power;
  return { share: lengthUm / widthUm, text: lengthUm >= 1000 ? `${lengthUm / 1000} mm` : `${lengthUm} µm` };
}
