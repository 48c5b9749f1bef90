/** The preprocessing card as text in a form, and back. Pure. */
import { encoderCard, type EncoderCard, type EncoderCardDraft } from '#common/domain/encoder-card.ts';

export interface CardForm {
  readonly name: string;
  readonly inputPx: string;
  readonly mpp: string;
  readonly mean: string;
  readonly std: string;
  readonly channels: EncoderCard['channels'];
  readonly layout: EncoderCard['layout'];
  readonly valueRange: EncoderCard['valueRange'];
  readonly fit: EncoderCard['fit'];
  readonly output: string;
  /** '' while nobody said it. */
  readonly pooling: EncoderCard['pooling'] | '';
  readonly licence: string;
  readonly source: string;
}

/** What the form does not show is kept from the draft. */
export function formOf(draft: EncoderCardDraft, name: string): CardForm {
  return {
    name,
    inputPx: draft.inputPx === undefined ? '' : String(draft.inputPx),
    mpp: draft.mpp === undefined ? '' : String(draft.mpp),
    mean: draft.mean?.join(', ') ?? '',
    std: draft.std?.join(', ') ?? '',
    channels: draft.channels ?? 'RGB',
    layout: draft.layout ?? 'NCHW',
    valueRange: draft.valueRange ?? '0-1',
    fit: draft.fit ?? 'whole-tile',
    output: draft.output ?? '',
    pooling: draft.pooling ?? '',
    licence: draft.licence ?? '',
    source: draft.source ?? '',
  };
}

/** The whole card, or the names of the fields that are not right yet. */
export function cardOf(
  form: CardForm,
  draft: EncoderCardDraft,
): { readonly card: EncoderCard; readonly wrong: null } | { readonly card: null; readonly wrong: readonly string[] } {
  const { name: _name, output, ...fields } = form;
  const { features: _features, output: _output, ...kept } = draft;
  const parsed = encoderCard.safeParse({
    ...kept,
    ...fields,
    inputPx: numberOf(form.inputPx),
    mpp: numberOf(form.mpp),
    mean: numbersOf(form.mean),
    std: numbersOf(form.std),
    ...(output === '' ? {} : { output }),
  });
  if (parsed.success) return { card: parsed.data, wrong: null };
  return { card: null, wrong: [...new Set(parsed.error.issues.map((issue) => String(issue.path[0])))] };
}

/** A comma is a decimal point in half of Europe; between numbers of a list it needs a space or a semicolon then. */
function numberOf(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text.trim().replace(',', '.'));
}

function numbersOf(text: string): number[] {
  const parts = text
    .trim()
    .split(/[;\s]+|,(?=\s)|,(?!\s)(?=[\d.-]*\.)/)
    .filter((part) => part !== '');
  return parts.map((part) => numberOf(part.replace(/,$/, '')));
}
