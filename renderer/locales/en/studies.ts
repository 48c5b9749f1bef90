/** Comparisons of methods and simulations of labelling, kept with the project. */
export const studies = {
  made: 'Made',
  remove: 'Delete',
  cancel: 'Cancel',
  stale: 'Labels or tiles changed since it was made: made again, the figures would be others.',
  noRuns: 'No run of the current tiles is finished yet.',
  run: 'Run {number}, {name}',
  folds: 'Number of folds',
  wholeNumber: 'Write a whole number from {least} to {most}.',
  levels: { image: 'slide', specimen: 'specimen', patient: 'patient' },
  compare: {
    title: 'Comparison of methods',
    what: 'What is compared',
    baselines: 'Always beside them: the same network with random weights, and colour and texture.',
    shares: 'Labels used, in percent of the tiles',
    sharesHelp: 'Several with a space between them: 1 10',
    sharesWrong: 'Write percents above 0 and up to 100, with a space between them.',
    draws: 'Draws of labels',
    drawsHelp: 'How often the labels are drawn anew. More draws, more sure; 20 is usual.',
    foldsHelp: 'Left empty, one group is held out at a time.',
    bySlide: 'Also with the look of each slide taken out',
    bySlideHelp:
      'The mean and spread of each slide are taken out of its features. Harms where a slide shows one class only.',
    supervised: 'Also networks trained from scratch',
    supervisedHelp:
      'The same network, without pretraining, learns from the drawn labels alone: what pretraining has to beat. One network a draw, fold and share of labels; a GPU makes it minutes, a processor hours. What is finished is kept.',
    steps: 'Steps of each network',
    networks: 'Networks to train: {count}',
    act: 'Compare',
    emptyTitle: 'Nothing compared yet',
    emptyText:
      'Runs, encoders of your own and baselines are judged on the same few labels, drawn many times, on slides they gave no labels from. Only then can one be called better.',
    about:
      '{tiles} on {slides} judged, groups held out in turn: {groups}, draws of labels: {draws}. Intervals of 95 % over draws and groups.',
    at: '{percent} % of the tiles: {labels}',
    single: 'Single draws',
    singleMeaning: 'The worst and the best draw: how far the luck of the labels reaches.',
    gain: 'Over the best baseline',
    gainMeaning:
      'Difference in balanced accuracy on the same draws and slides. Where the interval holds 0, no gain is shown.',
    best: 'best baseline',
    paired:
      'Every row has the same labels, folds and classifier. Gains are paired: each difference is taken on the same draw and the same slides.',
  },
  simulate: {
    title: 'Does the choice of tiles pay?',
    lead: 'Labelling is replayed on the tiles whose class is known: each way of choosing asks for tiles, the known class answers, and a classifier is judged on slides that gave no labels. Random choice is always beside it.',
    strategies: 'Ways of choosing',
    features: 'Features',
    newestRun: 'Of the newest finished run',
    step: 'Labels at a time',
    budget: 'Labels in all',
    seeds: 'Replays',
    act: 'Simulate',
    emptyTitle: 'Nothing simulated yet',
    emptyText:
      'It needs labelled tiles of two classes on several slides, the more the better: what is replayed can only be as varied as what is known.',
    about:
      '{tiles} of known class on {slides}, held out by {level} (folds: {folds}), replays: {seeds}, features: {features}.',
    chart: 'Balanced accuracy by number of labels',
    table: 'Labels needed and gains',
    needed: 'Labels for {target}',
    last: 'With all labels',
    gain: 'Over random choice',
    never: 'not reached',
    target: 'Aim',
    bands:
      'Bands and intervals are 95 % over the replays, not over slides: they say how sure the mean is on these slides, not what others would show. Gains are paired by replay. Research use only.',
  },
};
