/** The slide viewer. */
export const viewer = {
  name: 'Slide {name}',
  keys: 'Arrow keys move, plus and minus zoom, 0 shows the whole slide, R turns it, Shift+R sets it upright',
  controls: 'View',
  tileFailed: 'A part of the slide could not be read.',
  zoomIn: 'Zoom in',
  zoomOut: 'Zoom out',
  whole: 'Whole slide',
  turnLeft: 'Turn left',
  turnRight: 'Turn right',
  overview: 'Overview',
  preset: 'Magnification {times}x',
  presetHint: 'By the convention that 40x is 0.25 µm per pixel',
  noMpp: 'µm per pixel missing',
  mppByHand: 'scale set by hand',
  mppEstimated: 'scale estimated',
};
