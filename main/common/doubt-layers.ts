/** What a map says about its own answers: undecided, folds that disagree, unlike the training slides. One list for core and page. */
export const doubtLayers = ['uncertainty', 'disagreement', 'unlike'] as const;
export type DoubtLayer = (typeof doubtLayers)[number];

export function isDoubtLayer(layer: string | number): layer is DoubtLayer {
  return doubtLayers.some((each) => each === layer);
}
