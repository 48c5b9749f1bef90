/**
 * The preprocessing card of a model as far as it is known: from a card's file, else from a .json file beside the model, else from
 * the model's own shapes and metadata. What nobody said stays empty: a guess would give bad features without a sign.
 */
import { existsSync } from 'node:fs';
import { z } from 'zod';
import { encoderCardDraft, type EncoderCardDraft } from '#common/domain/encoder-card.ts';
import { TrefoilError } from '#common/errors.ts';
import type { InspectEncoderResult } from '../../engine/process/job.ts';
import type { OnnxFileFacts } from '../../engine/onnx/onnx-file.ts';
import { readTextFile } from '../text-file.ts';

export interface DraftCard {
  readonly card: EncoderCardDraft;
  readonly source: 'given' | 'beside' | 'model';
  readonly missing: readonly string[];
}

const required = ['inputPx', 'mpp', 'mean', 'std'] as const;
/** Of tokens, class token and mean of patches are both usual: the card must say which. */
const ambiguousAxes = 3;

/** Throws `file-invalid` for a given card that is none; a strange .json beside the model is passed over. */
export async function draftCard(
  model: string,
  given: string | undefined,
  facts: OnnxFileFacts,
  declared: Pick<InspectEncoderResult, 'inputs' | 'outputs'>,
): Promise<DraftCard> {
  const ofModel = cardOfModel(facts, declared);
  const beside = model.replace(/\.onnx$/i, '.json');
  const read =
    given !== undefined
      ? await readCard(given)
      : beside !== model && existsSync(beside)
        ? await readCard(beside).catch(() => null)
        : null;
  const card = { ...ofModel, ...read };
  return {
    card,
    source: read === null ? 'model' : given === undefined ? 'beside' : 'given',
    missing: [
      ...required.filter((field) => card[field] === undefined),
      ...(card.pooling === undefined && outputOf(declared.outputs, card)?.shape.length === ambiguousAxes
        ? ['pooling']
        : []),
    ],
  };
}

const unknownFields = z.looseObject({ preprocessing: z.unknown().optional() });

/** A card, or a file with a card under `preprocessing`, as Trefoil's own export writes. */
async function readCard(file: string): Promise<EncoderCardDraft> {
  const invalid = (why: string, cause?: unknown): TrefoilError =>
    new TrefoilError(
      'file-invalid',
      `${file} is no preprocessing card: ${why}.`,
      'docs/encoders.md shows a card with every field.',
      {},
      cause,
    );
  let json: unknown;
  try {
    json = JSON.parse(await readTextFile(file));
  } catch (error) {
    if (error instanceof TrefoilError) throw error;
    throw invalid('it is not JSON', error);
  }
  const outer = unknownFields.safeParse(json);
  if (!outer.success) throw invalid('it is not an object');
  const inner = outer.data.preprocessing ?? json;
  const parsed = encoderCardDraft.safeParse(inner);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(issue === undefined ? 'unknown' : `${issue.path.join('.')}: ${issue.message}`);
  }
  const card = onlyGiven(parsed.data, inner as object);
  if (Object.keys(card).length === 0) throw invalid("none of a card's fields is in it");
  return card;
}

function cardOfModel(
  { metadata }: OnnxFileFacts,
  { inputs, outputs }: Pick<InspectEncoderResult, 'inputs' | 'outputs'>,
): EncoderCardDraft {
  const shape = inputs[0]?.shape ?? [];
  const isChannelsLast = shape.length === 4 && shape[3] === 3 && shape[1] !== 3;
  const side = shape[isChannelsLast ? 1 : 2];
  const output = outputOf(outputs, {});
  const pooling = ({ 2: 'none', 4: 'map-mean' } as const)[output?.shape.length ?? 0];
  const inputPx = typeof side === 'number' && side >= 16 ? side : undefined;
  const width = output?.shape.length === 4 ? output.shape[1] : output?.shape.at(-1);
  const features = typeof width === 'number' && width > 0 ? width : undefined;
  const [tilePx, mpp] = [Number(metadata['tile_px']), Number(metadata['mpp'])];
  const seenMpp = inputPx !== undefined && tilePx > 0 && mpp > 0 ? (tilePx * mpp) / inputPx : undefined;
  const draft = {
    layout: isChannelsLast ? 'NHWC' : 'NCHW',
    ...(inputPx === undefined ? {} : { inputPx }),
    ...(seenMpp === undefined ? {} : { mpp: seenMpp }),
    ...triple('mean', metadata['mean']),
    ...triple('std', metadata['std']),
    ...(outputs.length > 1 && output !== undefined ? { output: output.name } : {}),
    ...(pooling === undefined ? {} : { pooling }),
    ...(features === undefined ? {} : { features }),
  };
  const parsed = encoderCardDraft.safeParse(draft);
  return parsed.success ? onlyGiven(parsed.data, draft) : {};
}

/** Without the defaults that parsing fills in. */
function onlyGiven(parsed: EncoderCardDraft, given: object): EncoderCardDraft {
  return Object.fromEntries(Object.entries(parsed).filter(([key]) => key in given));
}

function outputOf<Output extends { readonly name: string }>(
  outputs: readonly Output[],
  { output }: Pick<EncoderCardDraft, 'output'>,
): Output | undefined {
  if (output !== undefined) return outputs.find(({ name }) => name === output);
  return outputs.find(({ name }) => /pool|feature|embed/i.test(name)) ?? outputs[0];
}

function triple(name: 'mean' | 'std', text: string | undefined): Partial<Pick<EncoderCardDraft, 'mean' | 'std'>> {
  const numbers = text?.split(',').map(Number) ?? [];
  return numbers.length === 3 && numbers.every(Number.isFinite) ? { [name]: numbers } : {};
}
