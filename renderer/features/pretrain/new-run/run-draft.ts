/**
 * A run before it starts: what a person chose over the recipe. Empty means the recipe's own value. Pure: defaults, validation
 * and the input of the call; the texts of problems are keys of locales pretrain.problems.
 */
import type { MethodName, RecipeName } from '#common/domain/pretrain.ts';
import type { PretrainInput } from '../run/runs-store.ts';

export type NetworkName = 'resnet18-narrow' | 'resnet18' | 'resnet50';

export interface RunDraft {
  readonly recipe: RecipeName;
  readonly method: MethodName;
  readonly network: NetworkName | '';
  /** As typed. */
  readonly epochs: string;
  readonly batch: string;
  readonly seed: string;
  readonly neighbour: 'drawn' | 'fixed' | '';
  /** As typed: weight of the neighbour term. */
  readonly neighbourWeight: string;
  /** Strength of the stain jitter; '': the recipe's, none. */
  readonly stainJitter: '' | '0.05' | '0.2';
  /** Factor on the random changes of colour; '': the recipe's own strength. */
  readonly colourJitter: '' | '0.25' | '0';
  readonly engine: 'auto' | 'webgpu' | 'tfjs';
  readonly adapter: string;
  readonly precision: 'auto' | 'f32' | 'f16';
  readonly allowSoftware: boolean;
  readonly gentle: boolean;
  readonly excludeSlides: readonly string[];
}

export const newDraft: RunDraft = {
  recipe: 'standard',
  method: 'simtriplet',
  network: '',
  epochs: '',
  batch: '',
  seed: '1',
  neighbour: '',
  neighbourWeight: '',
  stainJitter: '',
  colourJitter: '',
  engine: 'auto',
  adapter: '',
  precision: 'auto',
  allowSoftware: false,
  gentle: false,
  excludeSlides: [],
};

/** Field -> what is wrong with it. Ranges are those of the contract. */
export type DraftProblems = { readonly [Field in keyof RunDraft]?: 'epochs' | 'batch' | 'seed' | 'weight' | 'slides' };

export function problemsOf(draft: RunDraft, slideCount: number): DraftProblems {
  return {
    ...(isEmptyOrWhole(draft.epochs, 1, 100_000) ? {} : { epochs: 'epochs' as const }),
    ...(isEmptyOrWhole(draft.batch, 2, 4096) ? {} : { batch: 'batch' as const }),
    ...(isEmptyOrWhole(draft.seed, 0, 2 ** 31) ? {} : { seed: 'seed' as const }),
    ...(isEmptyOrWeight(draft.neighbourWeight) ? {} : { neighbourWeight: 'weight' as const }),
    ...(slideCount > 0 && draft.excludeSlides.length >= slideCount ? { excludeSlides: 'slides' as const } : {}),
  };
}

/** Only for a draft without problems. */
export function inputOf(draft: RunDraft, project: string): PretrainInput {
  const { recipe, method, network, neighbour, engine, precision, allowSoftware, gentle } = draft;
  return {
    project,
    recipe,
    method,
    ...(network === '' ? {} : { network }),
    ...(draft.epochs === '' ? {} : { epochs: Number(draft.epochs) }),
    ...(draft.batch === '' ? {} : { batch: Number(draft.batch) }),
    ...(neighbour === '' ? {} : { neighbour }),
    ...(draft.neighbourWeight === '' ? {} : { neighbourWeight: asNumber(draft.neighbourWeight) }),
    ...(draft.stainJitter === '' ? {} : { stainJitter: Number(draft.stainJitter) }),
    ...(draft.colourJitter === '' ? {} : { colourJitter: Number(draft.colourJitter) }),
    seed: draft.seed === '' ? 1 : Number(draft.seed),
    engine,
    adapter: draft.adapter.trim() === '' ? null : draft.adapter.trim(),
    precision,
    allowSoftware,
    gentle,
    excludeSlides: [...draft.excludeSlides],
  };
}

/** How many settings are not the recipe's or the machine's own choice. */
export function changedCount(draft: RunDraft): number {
  const fields = Object.keys(newDraft) as (keyof RunDraft)[];
  return fields.filter((field) => {
    if (field === 'recipe') return false;
    if (field === 'excludeSlides') return draft.excludeSlides.length > 0;
    return draft[field] !== newDraft[field] && !(field === 'seed' && draft.seed === '');
  }).length;
}

/** Runs that share it take as long a step: what a measured rate is kept for. */
export function rateKey({ recipe, method, neighbourWeight, network, batch }: RunDraft): string {
  return [recipe, method, neighbourWeight, network, batch].join('|');
}

/** People write a comma as well as a point. */
function asNumber(text: string): number {
  return Number(text.trim().replace(',', '.'));
}

function isEmptyOrWeight(text: string): boolean {
  return text === '' || (/^\s*\d(?:[.,]\d{1,4})?\s*$/.test(text) && asNumber(text) <= 4);
}

function isEmptyOrWhole(text: string, least: number, most: number): boolean {
  if (text === '') return true;
  return /^\d{1,10}$/.test(text) && Number(text) >= least && Number(text) <= most;
}
