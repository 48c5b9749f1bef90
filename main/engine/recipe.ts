/**
 * The three recipes. `paper` is SimTriplet as published: ResNet-50, 128 px, batch 128, 400 epochs. `quick` and `standard` are
 * Trefoil's own, for machines without a fast GPU; nothing in the publication corresponds to them.
 */
import {
  pretrainSettings,
  simsiamAugmentation,
  tissueAugmentation,
  type PretrainSettings,
  type RecipeName,
} from '#common/domain/pretrain.ts';

export interface Recipe {
  readonly name: RecipeName;
  /** One sentence for a person, including whose recipe it is. */
  readonly description: string;
  readonly origin: 'published' | 'trefoil';
  readonly settings: PretrainSettings;
}

/** The warm-up's length is the parent SimSiam recipe's; the SimTriplet publication does not state one. */
const published: PretrainSettings = {
  recipe: 'paper',
  method: 'simtriplet',
  network: 'resnet50',
  viewPx: 128,
  batch: 128,
  epochs: 400,
  warmupEpochs: 10,
  baseLearningRate: 0.05,
  momentum: 0.9,
  weightDecay: 1e-4,
  neighbour: 'drawn',
  augmentation: simsiamAugmentation,
  monitorEverySteps: 10,
  monitorTiles: 256,
  checkpointEveryEpochs: 1,
  checkpointEverySteps: 500,
  checkpointEveryMinutes: 5,
};

const standard: PretrainSettings = {
  ...published,
  recipe: 'standard',
  network: 'resnet18',
  batch: 64,
  epochs: 50,
  warmupEpochs: 5,
  augmentation: tissueAugmentation,
  checkpointEverySteps: 200,
};

const quick: PretrainSettings = {
  ...standard,
  recipe: 'quick',
  network: 'resnet18-narrow',
  viewPx: 64,
  batch: 32,
  epochs: 4,
  warmupEpochs: 1,
  monitorEverySteps: 5,
  checkpointEverySteps: 100,
  checkpointEveryMinutes: 2,
};

export const recipes: Readonly<Record<RecipeName, Recipe>> = {
  quick: {
    name: 'quick',
    origin: 'trefoil',
    description:
      "Trefoil's own: narrow ResNet-18, 64 px views, 4 epochs; minutes on a processor, to see whether it works.",
    settings: quick,
  },
  standard: {
    name: 'standard',
    origin: 'trefoil',
    description:
      "Trefoil's own: ResNet-18, 128 px views, 50 epochs; a compromise for a workstation, not the publication's.",
    settings: standard,
  },
  paper: {
    name: 'paper',
    origin: 'published',
    description: 'SimTriplet as published: ResNet-50, 128 px, batch 128, 400 epochs; hours on a fast GPU.',
    settings: published,
  },
};

/**
 * Overrides may hold undefined: what is not given comes from the recipe. Two of them change the augmentation: `stainJitter` is
 * its own, `colourJitter` a factor on all that changes colours at random. Throws a ZodError when a value is out of range.
 */
export function settingsFor(
  recipe: RecipeName,
  {
    stainJitter,
    colourJitter = 1,
    ...overrides
  }: { readonly [Key in keyof PretrainSettings]?: PretrainSettings[Key] | undefined } & {
    readonly stainJitter?: number | undefined;
    readonly colourJitter?: number | undefined;
  } = {},
): PretrainSettings {
  const given = Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined));
  const settings = { ...recipes[recipe].settings, ...given, recipe };
  const { brightness, contrast, saturation, hue, greyProbability } = settings.augmentation;
  const augmentation = {
    ...settings.augmentation,
    brightness: brightness * colourJitter,
    contrast: contrast * colourJitter,
    saturation: saturation * colourJitter,
    hue: hue * colourJitter,
    greyProbability: greyProbability * colourJitter,
    ...(stainJitter === undefined ? {} : { stainJitter }),
  };
  return pretrainSettings.parse({ ...settings, augmentation });
}
