/** A second reading through the service: drawn, read blind, sent away and back, compared, settled; every step undone. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateProject, type GeneratedProject } from '#tests/support/generated-project.ts';

let generated: GeneratedProject;
let project: string;
let core: GeneratedProject['core'];
let classes: string[];
let session: string;
const undo = async () => core.projects.undo({ project });

beforeAll(async () => {
  generated = await generateProject();
  ({ project, core } = generated);
  classes = [];
  for (const name of ['Tumour', 'Stroma']) classes.push((await core.labels.addClass({ project, name })).class);
  const tiles = (from: number): number[] => [0, 32, 64].flatMap((first) => [0, 1, 2, 3].map((i) => first + from + i));
  await core.labels.set({ project, tiles: tiles(0), class: classes[0]!, reader: 'Ada' });
  await core.labels.set({ project, tiles: tiles(8), class: classes[1]!, reader: 'Ada' });
});
afterAll(async () => generated.close());

it('cannot be started by the one who gave all the labels', async () => {
  await expect(core.readings.start({ project, reader: 'ada' })).rejects.toMatchObject({ code: 'no-labels' });
});

it('draws as many tiles of each class, by seed, and undo takes the reading back', async () => {
  const drawn = async (seed: number): Promise<number[]> => {
    const started = await core.readings.start({ project, reader: 'Bo', size: 12, seed });
    const { tiles } = await core.readings.tiles({ project, session: started.session });
    await undo();
    return tiles.map(({ tile }) => tile);
  };
  const tiles = await drawn(1);
  expect(tiles.filter((tile) => tile % 32 < 4)).toHaveLength(6);
  expect(await drawn(1)).toEqual(tiles);
  expect(await drawn(2)).not.toEqual(tiles);
  expect(await core.readings.list({ project })).toEqual([]);
});

describe('while it is open', () => {
  it('tells a reader nothing of the first labels, and nobody the agreement', async () => {
    const started = await core.readings.start({ project, reader: 'Bo', size: 12 });
    ({ session } = started);
    expect(started).toMatchObject({ reader: 'Bo', tiles: 12, read: 0, hasFirstLabels: true, finishedAt: null });
    const answers = JSON.stringify([
      started,
      await core.readings.list({ project }),
      await core.readings.tiles({ project, session }),
    ]);
    for (const secret of [...classes, 'Tumour', 'Stroma', 'Ada']) expect(answers).not.toContain(secret);
    for (const call of ['agreement', 'report'] as const) {
      const input = { project, session, out: join(generated.folder, 'never.csv') };
      await expect(core.readings[call](input)).rejects.toMatchObject({ code: 'not-allowed' });
    }
    const { tiles } = await core.readings.tiles({ project, session });
    await expect(
      core.readings.adjudicate({ project, reading: tiles[0]!.reading, decision: 'first' }),
    ).rejects.toMatchObject({ code: 'not-allowed' });
  });

  it('takes answers beside the labels, one undo step each', async () => {
    const before = await core.labels.list({ project });
    const { tiles } = await core.readings.tiles({ project, session });
    const [one] = tiles;
    expect(await core.readings.answer({ project, reading: one!.reading, class: classes[1]! })).toMatchObject({
      changed: 1,
    });
    expect(await core.readings.answer({ project, reading: one!.reading, class: classes[1]! })).toEqual({
      changed: 0,
      command: null,
    });
    expect((await core.readings.tiles({ project, session })).tiles[0]).toMatchObject({ class: classes[1] });
    await undo();
    expect((await core.readings.tiles({ project, session })).tiles[0]).toMatchObject({ class: null, isUnsure: false });
    expect(await core.labels.list({ project })).toEqual(before);
  });

  it('goes away as a file without first labels and comes back with answers', async () => {
    const file = join(generated.folder, 'reading.csv');
    expect(await core.readings.export({ project, session, out: file })).toEqual({ tiles: 12, written: file });
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(lines[0]).toBe('reading,slide,x,y,class,reader');
    expect(lines.slice(1).every((line) => line.split(',')[4] === '')).toBe(true);
    // Read elsewhere: right on 8 tiles by the planted places, wrong on two, unsure about one, one left unread.
    const { tiles } = await core.readings.tiles({ project, session });
    const said = tiles.map(({ tile }, position) => {
      const truth = tile % 32 < 4 ? 0 : 1;
      if (position === 10) return '?';
      if (position === 11) return '';
      return ['Tumour', 'Stroma'][position < 2 ? 1 - truth : truth]!;
    });
    const filled = lines.map((line, at) => (at === 0 ? line : line.replace(',,', `,${said[at - 1]},`)));
    writeFileSync(
      file,
      [...filled, `${session},slide 1.png,1,1,Tumour,Bo`, `${session},slide 1.png,16,16,Fat,Bo`].join('\n'),
    );
    const result = await core.readings.import({ project, file });
    expect(result).toMatchObject({ answers: 11, session: { read: 11, unsure: 1 } });
    expect(new Set(result.unmatched.map(({ line }) => line))).toEqual(new Set([14, 15]));
  });

  it('is read in another project under the same slide names, and there has nothing to compare', async () => {
    const other = await generateProject();
    const file = join(generated.folder, 'reading for Bo.csv');
    await core.readings.export({ project, session, out: file });
    const unread = readFileSync(file, 'utf8').replace(/,(Tumour|Stroma|\?),/g, ',,');
    writeFileSync(file, unread);
    const { project: elsewhere, core: theirs } = other;
    for (const name of ['Tumour', 'Stroma']) await theirs.labels.addClass({ project: elsewhere, name });
    const taken = await theirs.readings.import({ project: elsewhere, file });
    expect(taken.session).toMatchObject({ session, reader: 'Bo', tiles: 12, read: 0, hasFirstLabels: false });
    const { tiles } = await theirs.readings.tiles({ project: elsewhere, session });
    expect(tiles.map(({ tile }) => tile)).toEqual(
      (await core.readings.tiles({ project, session })).tiles.map(({ tile }) => tile),
    );
    await theirs.readings.finish({ project: elsewhere, session });
    await expect(theirs.readings.agreement({ project: elsewhere, session })).rejects.toMatchObject({
      code: 'invalid-input',
    });
    await other.close();
  });
});

describe('when it is finished', () => {
  it('takes no more answers', async () => {
    await core.readings.finish({ project, session });
    const { tiles } = await core.readings.tiles({ project, session });
    await expect(
      core.readings.answer({ project, reading: tiles[0]!.reading, class: classes[0]! }),
    ).rejects.toMatchObject({ code: 'not-allowed' });
  });

  it('shows the figures of the planted answers', async () => {
    const result = await core.readings.agreement({ project, session });
    expect(result).toMatchObject({
      compared: 10,
      agreed: 8,
      unsure: 1,
      unread: 1,
      firstReaders: ['Ada'],
      groupLevel: 'image',
      groups: 3,
    });
    const [[a = 0, b = 0], [c = 0, d = 0]] = result.confusion as [number[], number[]];
    const [observed, chance] = [(a + d) / 10, ((a + b) * (a + c) + (c + d) * (b + d)) / 100];
    expect(result.kappa.value).toBeCloseTo((observed - chance) / (1 - chance), 12);
    expect(result.disagreements).toHaveLength(3);
    expect(result.disagreements.filter(({ second }) => second === null)).toHaveLength(1);
    expect(result.sentences[0]).toMatch(/^The readers name 8 of 10 tiles alike \(80 %\); kappa \.?\d/);
  });

  it('lets a person settle each disagreement, as one step that keeps both readings', async () => {
    const { disagreements } = await core.readings.agreement({ project, session });
    const named = disagreements.filter(({ second }) => second !== null);
    const doubtful = disagreements.find(({ second }) => second === null)!;
    const labelAt = async (at: { slide: string; x: number; y: number }): Promise<string | null> =>
      (await core.labels.list({ project, limit: 1000 })).labels.find(
        (row) => row.slide === at.slide && row.x === at.x && row.y === at.y,
      )?.class ?? null;
    await core.readings.adjudicate({ project, reading: named[0]!.reading, decision: 'second', by: 'Cy' });
    expect(await labelAt(named[0]!)).toBe(named[0]!.second);
    const settled = (await core.readings.agreement({ project, session })).disagreements.find(
      ({ reading }) => reading === named[0]!.reading,
    );
    expect(settled).toMatchObject({
      first: named[0]!.first,
      second: named[0]!.second,
      decision: 'second',
      decided: named[0]!.second,
      decidedBy: 'Cy',
    });
    await undo();
    expect(await labelAt(named[0]!)).toBe(named[0]!.first);

    const { class: fat } = await core.labels.addClass({ project, name: 'Fat' });
    await core.readings.adjudicate({ project, reading: named[1]!.reading, decision: 'other', class: fat });
    expect(await labelAt(named[1]!)).toBe(fat);
    await core.readings.adjudicate({ project, reading: doubtful.reading, decision: 'unsure' });
    expect(await labelAt(doubtful)).toBeNull();
    await expect(
      core.readings.adjudicate({ project, reading: doubtful.reading, decision: 'second' }),
    ).rejects.toMatchObject({ code: 'invalid-input' });
    // Figures are those of the two readings, whatever was decided.
    expect((await core.readings.agreement({ project, session })).agreed).toBe(8);
  });

  it('writes one row a tile', async () => {
    const out = join(generated.folder, 'report.csv');
    await core.readings.report({ project, session, out });
    const [head, ...rows] = readFileSync(out, 'utf8').trimEnd().split('\n');
    expect(head).toBe('slide,x,y,first,second,agree,decision,decided_class,first_reader,decided_by');
    expect(rows).toHaveLength(12);
    expect(rows.filter((row) => row.includes(',other,Fat,Ada,'))).toHaveLength(1);
    expect(rows.filter((row) => row.includes(',unsure,,unsure,,'))).toHaveLength(1);
    expect(rows.filter((row) => row.includes(',yes,'))).toHaveLength(8);
  });

  it('follows its classes and slides out of the project and back', async () => {
    const before = await core.readings.agreement({ project, session });
    await core.labels.mergeClasses({ project, from: classes[1]!, into: classes[0]! });
    expect((await core.readings.agreement({ project, session })).kappa.intervalNote).toMatch(/one and the same class/);
    await undo();
    await core.slides.remove({ project, slides: [generated.slides[0]!] });
    expect((await core.readings.list({ project }))[0]!.tiles).toBeLessThan(12);
    await undo();
    expect(await core.readings.agreement({ project, session })).toEqual(before);
    expect(await core.readings.remove({ project, session })).toEqual({ removed: 12 });
    await undo();
    expect(await core.readings.agreement({ project, session })).toEqual(before);
  });
});
