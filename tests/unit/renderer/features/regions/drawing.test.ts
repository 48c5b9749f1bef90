/** Drawing step by step: what each press, move, release and key leaves behind. */
import { describe, expect, it } from 'vitest';
import {
  confirm,
  draftOutline,
  moveTo,
  press,
  regionAt,
  release,
  setPoint,
  takeBack,
  type Draft,
  type Hand,
  type Scene,
  type Tool,
} from '../../../../../renderer/features/regions/drawing.ts';
import { rectangle, type Point } from '../../../../../renderer/features/regions/outlines.ts';

const hand = (x: number, y: number, more: Partial<Hand> = {}): Hand => ({
  point: [x, y],
  level0PerScreenPx: 1,
  shift: false,
  alt: false,
  ...more,
});
const scene = (tool: Tool, more: Partial<Scene> = {}): Scene => ({
  tool,
  regions: [],
  selected: null,
  handle: null,
  snap: (point) => point,
  ...more,
});
const box = { region: 'a', outline: rectangle([100, 100], [300, 300]) };
const withBox = (more: Partial<Scene> = {}): Scene =>
  scene('move', { regions: [box], selected: 'a', handle: [200, 200], ...more });
const toTens = ([x, y]: Point): Point => [Math.round(x / 10) * 10, Math.round(y / 10) * 10];

function run(draft: Draft | null, steps: readonly [typeof press, Hand][], of: Scene) {
  let step = { draft, finished: null, isTaken: false } as ReturnType<typeof press>;
  for (const [act, at] of steps) step = act(step.draft, at, of);
  return step;
}

describe('a rectangle', () => {
  it('is drawn by dragging, in any direction', () => {
    const { finished } = run(
      null,
      [
        [press, hand(200, 150)],
        [moveTo, hand(50, 60)],
        [release, hand(50, 60)],
      ],
      scene('rectangle'),
    );
    expect(finished).toMatchObject({ kind: 'draw', outline: rectangle([50, 60], [200, 150]) });
  });

  it('is drawn by two clicks', () => {
    const of = scene('rectangle');
    const first = run(
      null,
      [
        [press, hand(10, 10)],
        [release, hand(10, 10)],
      ],
      of,
    );
    expect(first).toMatchObject({ draft: { kind: 'rectangle' }, finished: null });
    const second = run(
      first.draft,
      [
        [moveTo, hand(80, 50)],
        [press, hand(80, 50)],
      ],
      of,
    );
    expect(second.finished).toMatchObject({ outline: rectangle([10, 10], [80, 50]) });
  });

  it('is a square with Shift and lies on the grid with snapping', () => {
    const { finished } = run(
      null,
      [
        [press, hand(12, 8)],
        [moveTo, hand(58, 33, { shift: true })],
        [release, hand(58, 33, { shift: true })],
      ],
      scene('rectangle', { snap: toTens }),
    );
    expect(finished).toMatchObject({ outline: rectangle([10, 10], [60, 60]) });
  });

  it('without a width stays open', () => {
    const { draft, finished } = run(
      null,
      [
        [press, hand(10, 10)],
        [moveTo, hand(10, 90)],
        [release, hand(10, 90)],
      ],
      scene('rectangle'),
    );
    expect(finished).toBeNull();
    expect(draft).not.toBeNull();
  });
});

describe('a polygon', () => {
  const of = scene('polygon');
  const corners: readonly [typeof press, Hand][] = [
    [press, hand(0, 0)],
    [press, hand(100, 0)],
    [press, hand(100, 100)],
  ];

  it.each([
    ['Enter', confirm, hand(500, 500)],
    ['a double click', press, hand(102, 101)],
    ['the first point again', press, hand(3, 2)],
  ])('is closed by %s', (_, act, at) => {
    const { finished, draft } = run(null, [...corners, [act, at]], of);
    expect(draft).toBeNull();
    expect(finished).toMatchObject({
      kind: 'draw',
      outline: [
        [
          [
            [0, 0],
            [100, 0],
            [100, 100],
          ],
        ],
      ],
    });
  });

  it('with two points is not closed', () => {
    expect(run(null, [...corners.slice(0, 2), [confirm, hand(0, 0)]], of)).toMatchObject({
      finished: null,
      draft: { points: { length: 2 } },
    });
  });

  it('loses its last point to Backspace, and with the first itself', () => {
    const { draft } = run(null, corners.slice(0, 2), of);
    const one = takeBack(draft);
    expect(one.draft).toMatchObject({ points: [[0, 0]] });
    expect(takeBack(one.draft).draft).toBeNull();
  });

  it('can be drawn with keys alone: Enter sets points, Enter twice on one closes', () => {
    const { finished } = run(
      null,
      [
        [setPoint, hand(0, 0)],
        [moveTo, hand(100, 0)],
        [setPoint, hand(100, 0)],
        [setPoint, hand(100, 100)],
        [setPoint, hand(100, 100)],
      ],
      of,
    );
    expect(finished).toMatchObject({ kind: 'draw' });
  });
});

describe('freehand and brush', () => {
  it('collect the course, not finer than the screen', () => {
    const { draft } = run(
      null,
      [
        [press, hand(0, 0, { level0PerScreenPx: 4 })],
        [moveTo, hand(2, 0, { level0PerScreenPx: 4 })],
        [moveTo, hand(40, 0, { level0PerScreenPx: 4 })],
      ],
      scene('freehand'),
    );
    expect(draft).toMatchObject({ points: { length: 2 } });
  });

  it.each([
    ['brush', false, false],
    ['brush', true, true],
    ['eraser', false, true],
    ['eraser', true, false],
  ] as const)('%s with Alt %s erases: %s', (tool, alt, isErasing) => {
    const { finished } = run(
      null,
      [
        [press, hand(0, 0, { alt })],
        [release, hand(0, 0, { alt })],
      ],
      scene(tool),
    );
    expect(finished).toMatchObject({ kind: 'stroke', isErasing });
  });

  it('a click with freehand draws nothing', () => {
    expect(
      run(
        null,
        [
          [press, hand(0, 0)],
          [release, hand(0, 0)],
        ],
        scene('freehand'),
      ),
    ).toMatchObject({ draft: null, finished: null });
  });
});

describe('the selected region', () => {
  it('is moved by its handle, on the grid with snapping', () => {
    const of = withBox({ snap: toTens });
    const { finished } = run(
      null,
      [
        [press, hand(203, 198)],
        [moveTo, hand(236, 198)],
        [release, hand(236, 198)],
      ],
      of,
    );
    expect(finished).toMatchObject({ kind: 'reshape', outline: rectangle([130, 100], [330, 300]) });
  });

  it('has its corner moved', () => {
    const { finished } = run(
      null,
      [
        [press, hand(302, 299)],
        [moveTo, hand(400, 350)],
        [release, hand(400, 350)],
      ],
      withBox(),
    );
    expect(finished).toMatchObject({ kind: 'reshape', vertex: { vertex: 2 } });
    expect(finished).toHaveProperty('outline.0.0.2', [400, 350]);
  });

  it('gets a corner where an edge is pulled, and none where it is only clicked', () => {
    const pulled = run(
      null,
      [
        [press, hand(200, 101)],
        [moveTo, hand(200, 40)],
        [release, hand(200, 40)],
      ],
      withBox({ handle: null }),
    );
    expect(pulled.finished).toHaveProperty('outline.0.0.length', 5);
    const clicked = run(
      null,
      [
        [press, hand(200, 101)],
        [release, hand(200, 101)],
      ],
      withBox({ handle: null }),
    );
    expect(clicked.finished).toEqual({ kind: 'select', region: 'a', vertex: null });
  });

  it('lets the slide be moved when its inside is dragged, unless Alt is held', () => {
    expect(press(null, hand(150, 150), withBox()).isTaken).toBe(false);
    expect(press(null, hand(150, 150, { alt: true }), withBox()).isTaken).toBe(true);
  });

  it('is shown as it will be while it is dragged', () => {
    const { draft } = run(
      null,
      [
        [press, hand(200, 200)],
        [moveTo, hand(210, 220)],
      ],
      withBox(),
    );
    expect(draft?.kind === 'region' && draftOutline(draft, withBox())).toEqual(rectangle([110, 120], [310, 320]));
  });
});

describe('the region under a point', () => {
  const regions = [box, { region: 'b', outline: rectangle([200, 200], [400, 400]) }];
  it('is the topmost, but the selected one first', () => {
    expect(regionAt([250, 250], { regions, selected: null })).toBe('b');
    expect(regionAt([250, 250], { regions, selected: 'a' })).toBe('a');
    expect(regionAt([900, 900], { regions, selected: 'a' })).toBeNull();
  });
});
