/** Settings of a run that is asked for: the recipe's, with what the caller chose over it. */
import type { PretrainInput } from '#common/contract/runs.ts';
import type { PretrainSettings } from '#common/domain/pretrain.ts';
import { settingsFor } from '../engine/recipe.ts';

type Chosen =
  | 'method'
  | 'network'
  | 'epochs'
  | 'batch'
  | 'parts'
  | 'neighbour'
  | 'stainJitter'
  | 'colourJitter'
  | 'baseLearningRate'
  | 'neighbourWeight'
  | 'neighbourDistance'
  | 'predictorRate';
type SettingsInput = Pick<PretrainInput, 'recipe'> & { readonly [Key in Chosen]?: PretrainInput[Key] | undefined };

/** The recipe with what the caller set; a setting at its published value is left out: it makes no other run. */
export function requestedSettings(input: SettingsInput): PretrainSettings {
  const { recipe, method, network, epochs, batch, parts, neighbour, baseLearningRate } = input;
  const { neighbourWeight, neighbourDistance, predictorRate, stainJitter, colourJitter } = input;
  return settingsFor(recipe, {
    method,
    network,
    epochs,
    batch,
    parts,
    neighbour,
    stainJitter,
    colourJitter,
    baseLearningRate,
    neighbourWeight: neighbourWeight === 1 || method === 'simsiam' ? undefined : neighbourWeight,
    neighbourDistance: neighbourDistance === 1 ? undefined : neighbourDistance,
    predictorRate: predictorRate === 'base' ? undefined : predictorRate,
  });
}
