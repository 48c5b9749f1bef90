/** A portable model applied to slides. */
export const apply = {
  title: 'Apply a model',
  text: 'A model written by Trefoil on this or another computer says what each tile of new slides is. It learns nothing here, and no project is needed.',
  chooseModel: 'Choose a model',
  modelHelp: 'A file ending in .trefoil-model: “Portable model” among the exports of a project.',
  chooseSlides: 'Choose slides',
  chooseFolder: 'Choose a folder',
  more: 'and {count} more',
  mpp: 'µm per pixel, for slides that do not say',
  mppHelp: 'Left empty, such slides are refused. Slides that say it keep their own.',
  mppWrong: 'Write a number above 0 and up to 100.',
  act: 'Apply',
  others: 'Other slides',
  goesOn:
    'It goes on when this window is closed. Stopped and started again with the same folder, it does only what is missing.',
  stopped: 'It was stopped. With the same folder it goes on where it was.',
  card: {
    title: 'About the model',
    learnt: 'Learnt from: {labels}, {slides}. Side of a tile in pixels: {tile}; µm per pixel: {mpp}.',
    judged: 'Judged: {tiles}, {folds}. No classifier saw the slides it was judged on; on other slides it may do worse.',
    made: 'Made {time} with Trefoil {version}, network {network}, seed {seed}.',
  },
  result: {
    title: 'Result',
    done: '{slides} done; a folder each in “{folder}”.',
    areas: 'Area of each class and its share of the classified tissue',
    slide: 'Slide',
    tiles: 'Tiles',
    refused: 'Not done',
    files:
      'Each folder holds outlines and tiles for QuPath (GeoJSON), tables, pictures of the map and where all of it comes from (provenance.json). Research use only.',
  },
};
