/** Second reading: blind in what is shown and in what the core answers, agreement at the end, disagreements settled. */
import type { Page } from '@playwright/test';
import type { CoreClient } from '#common/contract/client.ts';
import { expect, test } from './fixtures.ts';
import { expectAccessibleInBothThemes } from './watch/accessibility.ts';

const tile = (page: Page) => page.getByTestId('tile');

async function open(page: Page): Promise<void> {
  await page.getByRole('radiogroup', { name: 'Way of labelling' }).getByText('Second reader').click();
  await expect(page.getByRole('heading', { name: 'Begin a second reading' })).toBeVisible();
}

async function begin(page: Page, size: number): Promise<void> {
  await page.getByRole('textbox', { name: 'Second reader' }).fill('Dr. Zweit');
  await page.getByRole('spinbutton', { name: 'Tiles to read' }).fill(String(size));
  await page.getByRole('button', { name: 'Begin reading' }).click();
  await expect(tile(page)).toBeVisible();
}

/** The key, once the tile can be seen, and the answer to be counted. */
async function say(page: Page, key: string, read: string): Promise<void> {
  await expect(tile(page)).toHaveJSProperty('complete', true);
  await expect(async () => {
    await page.keyboard.press(key);
    await expect(page.getByTestId('read')).toHaveText(read, { timeout: 1000 });
  }).toPass();
}

async function projectOf(core: CoreClient): Promise<string> {
  return (await core.projects.list({}))[0]!.project;
}

test.describe('a second reading', () => {
  test.use({ stage: 'trained', place: 'label' });

  test('shows and tells nothing of the first labels while it is open', async ({ app }) => {
    const { page } = app;
    const answers: string[] = [];
    page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => answers.push(String(payload))));
    await page.reload();
    await open(page);
    using core = await app.core();
    const project = await projectOf(core);
    const classes = await core.labels.classes({ project });
    const slides = await core.slides.list({ project });
    const heard = (): string => answers.join('\n');
    // Counts by class and slide come with the frame, before; from here on nothing about labels may come.
    await expect.poll(heard).toContain(classes[0]!.class);
    answers.length = 0;
    await begin(page, 6);
    await expect(tile(page)).toHaveJSProperty('complete', true);
    expect(heard()).toContain('Dr. Zweit');
    for (const { class: id, name } of classes) {
      expect(heard()).not.toContain(id);
      expect(heard()).not.toContain(`"${name}"`);
    }
    const shown = await page.getByRole('main').innerText();
    for (const { name } of slides) expect(shown).not.toContain(name);
    await expect(page.getByTestId('labelled')).toHaveCount(0);
    await expectAccessibleInBothThemes(page);
    // Every tile is called the same: no other class may come back.
    for (let count = 1; count <= 6; count += 1) await say(page, '1', `Read: ${count} of 6`);
    for (const { class: id } of classes.slice(1)) expect(heard()).not.toContain(id);
    expect((await core.labels.overview({ project })).budget.labelled).toBe(24);
  });

  test('ends with kappa and the tiles seen differently, which a person settles', async ({ app }) => {
    const { page } = app;
    await open(page);
    await begin(page, 6);
    for (let count = 1; count <= 5; count += 1) await say(page, '1', `Read: ${count} of 6`);
    await say(page, 'u', 'Read: 6 of 6');
    await page.keyboard.press('Home');
    await expect(page.getByRole('button', { name: 'Take back' })).toBeVisible();
    await page.getByRole('button', { name: 'End the reading' }).click();
    await expect(page.getByText("Cohen's kappa")).toBeVisible();
    using core = await app.core();
    const project = await projectOf(core);
    const [session] = await core.readings.list({ project });
    const agreement = await core.readings.agreement({ project, session: session!.session });
    expect(agreement).toMatchObject({ compared: 5, unsure: 1, unread: 0 });
    await expect(page.getByRole('main')).toContainText(agreement.sentences[0]!);
    const cards = page.getByRole('listitem').filter({ has: page.getByRole('button', { name: 'First', exact: true }) });
    await expect(cards).toHaveCount(agreement.disagreements.length);
    await expectAccessibleInBothThemes(page);
    const [first] = agreement.disagreements;
    const labelOf = async (): Promise<string | null | undefined> =>
      (await core.labels.list({ project, limit: 1000 })).labels.find(({ tile: at }) => at === first!.tile!.tile)?.class;
    expect(await labelOf()).toBe(first!.first);
    await page.getByRole('textbox', { name: 'Settled by' }).fill('Consensus');
    await cards.first().getByRole('button', { name: 'Second', exact: true }).click();
    await expect(cards.first().getByRole('button', { name: 'Second', exact: true })).toHaveAttribute(
      'aria-pressed',
      'true',
    );
    expect(await labelOf()).toBe(first!.second);
    await page.getByRole('button', { name: 'Undo' }).first().click();
    await expect.poll(labelOf).toBe(first!.first);
  });
});

test.describe('slides reserved for evaluation', () => {
  test.use({ stage: 'trained', place: 'slides' });

  test('are chosen on the slide and never suggested', async ({ app }) => {
    const { page } = app;
    using core = await app.core();
    const project = await projectOf(core);
    const [slide] = await core.slides.list({ project });
    await page.getByRole('option', { name: slide!.name }).click();
    await page.getByRole('checkbox', { name: /^Reserved for evaluation/ }).check();
    await expect
      .poll(async () => (await core.reserve.get({ project })).slides.map((item) => item.slide))
      .toEqual([slide!.slide]);
    await expect(page.getByRole('option', { name: slide!.name })).toContainText('reserved');
    await expectAccessibleInBothThemes(page);
    const { tiles } = await core.labels.queue({ project, order: 'random', size: 500 });
    expect(tiles.filter((item) => item.slide === slide!.slide)).toEqual([]);
  });
});
