/** Triplets as the page inspects them, against the training's own draw and views. */
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { settingsFor } from '#main/engine/recipe.ts';
import { createRoutes } from '#main/server/routes.ts';
import { openTileStore } from '#main/tiles/tile-store.ts';
import { sampleTriplets } from '#main/triplets/sample-triplets.ts';
import { createViewSource } from '#main/triplets/view-source.ts';
import { generateProject, type GeneratedProject } from '#tests/support/generated-project.ts';

let generated: GeneratedProject;
let project: string;
let core: GeneratedProject['core'];

beforeAll(async () => {
  generated = await generateProject();
  ({ project, core } = generated);
});
afterAll(async () => generated.close());

const lookup = () => core.lookups.current(core.openProjects.get(project));

async function get(path: string): Promise<Response> {
  const routes = createRoutes({ core, logDefect: () => 'no log' });
  return (await routes(new Request(`http://x${path}`)))!;
}

describe('a triplet', () => {
  it('has the neighbour that training draws in the same epoch', async () => {
    const graph = core.tripletViews.graphOf(lookup());
    for (const epoch of [0, 1, 7]) {
      const { order, neighbours } = sampleTriplets({ graph, seed: 5, epoch, rule: 'drawn' });
      const { drawn } = await core.triplets.inspect({ project, tile: 40, seed: 5, epoch });
      expect(drawn?.tile).toBe(neighbours[order.indexOf(40)]);
    }
  });

  it('names every missing neighbour with its reason', async () => {
    const { neighbours } = await core.triplets.inspect({ project, tile: 0 });
    expect(neighbours.map(({ missing, tile }) => missing ?? tile?.tile)).toEqual([
      ...Array(4).fill('outside-slide'),
      1,
      'outside-slide',
      8,
      9,
    ]);
    expect(neighbours.filter(({ isDrawn }) => isDrawn)).toHaveLength(1);
  });

  it('is shown with the very views the network gets', async () => {
    const { views, drawn, viewPx } = await core.triplets.inspect({
      project,
      tile: 12,
      seed: 3,
      epoch: 2,
      recipe: 'quick',
    });
    const { augmentation } = settingsFor('quick');
    const tiles = openTileStore(lookup().set.manifest);
    const source = createViewSource({ tiles, viewPx, seed: 3, augmentation, workers: 0 });
    const expected = await source.trainingViews([{ tile: 12, neighbour: drawn!.tile }], 2);
    await source.close();
    for (const { view, url } of views) {
      const response = await get(url);
      expect(response.headers.get('cache-control')).toContain('immutable');
      const { data, info } = await sharp(await response.arrayBuffer())
        .raw()
        .toBuffer({ resolveWithObject: true });
      expect([info.width, info.height, info.channels]).toEqual([64, 64, 3]);
      const [mean, deviation] = [
        [0.485, 0.456, 0.406],
        [0.229, 0.224, 0.225],
      ] as const;
      const largest = data.reduce((most, value, i) => {
        const unit = expected[view]![i]! * deviation[i % 3]! + mean[i % 3]!;
        return Math.max(most, Math.abs(value - Math.min(255, Math.max(0, unit * 255))));
      }, 0);
      expect(largest).toBeLessThanOrEqual(0.51);
    }
    expect(views.map(({ of }) => of)).toEqual(['tile', 'neighbour', 'tile']);
  });

  it('of a tile that is not there, or with a draw that cannot be, is refused', async () => {
    await expect(core.triplets.inspect({ project, tile: 96 })).rejects.toMatchObject({ code: 'not-found' });
    const base = `/triplets/${project}/${generated.tileSet}`;
    expect((await get(`${base}/96/0.png`)).status).toBe(404);
    expect((await get(`${base}/1/0.png?epoch=-1`)).status).toBe(400);
    expect((await get(`${base}/1/0.png?recipe=none`)).status).toBe(400);
  });
});

describe('the facts', () => {
  it('count tiles by their neighbours: 4 corners, 16 at the edge, 12 inside on each slide', async () => {
    const { byNeighbours, tiles, withoutNeighbour } = await core.triplets.facts({ project });
    expect(byNeighbours).toEqual([0, 0, 0, 12, 0, 48, 0, 0, 36]);
    expect({ tiles, withoutNeighbour }).toEqual({ tiles: 96, withoutNeighbour: 0 });
  });
});
