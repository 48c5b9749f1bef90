/**
 * Second readings as the page holds them: the list, the one that is open and where in it the reader is. While a reading is open
 * the page asks for nothing about labels; see main/common/contract/readings.ts.
 */
import { computed, ref, shallowRef, watch } from 'vue';
import { defineStore } from 'pinia';
import type { BlindTile, ReadingDecision, ReadingSession } from '#common/contract/readings.ts';
import { useCore } from '../../../stores/core.ts';
import { openFileBrowser } from '../../../stores/file-browser.ts';
import { useNotices } from '../../../stores/notices.ts';
import { useProject } from '../../../stores/project.ts';
import { projectQuery } from '../../../stores/project-query.ts';

export const useReadings = defineStore('readings', () => {
  const core = useCore();
  const project = useProject();
  const notices = useNotices();
  const list = projectQuery(['readings'], ({ core, project, signal }) => core.readings.list({ project }, { signal }));
  const openId = ref<string | null>(null);
  const open = computed(() => list.data.value?.find((item) => item.session === openId.value) ?? null);
  const asked = projectQuery(
    ['readings', 'tiles'],
    ({ core, project, signal }) => core.readings.tiles({ project, session: openId.value ?? '' }, { signal }),
    () => openId.value,
  );
  const agreement = projectQuery(
    ['readings'],
    ({ core, project, signal }) => core.readings.agreement({ project, session: openId.value ?? '' }, { signal }),
    () => (open.value !== null && open.value.finishedAt !== null ? openId.value : null),
  );
  /** Answers on their way to the core, shown at once. */
  const said = shallowRef<ReadonlyMap<string, Pick<BlindTile, 'class' | 'isUnsure'>>>(new Map());
  const tiles = computed(() =>
    (asked.data.value?.tiles ?? []).map((tile): BlindTile => ({ ...tile, ...said.value.get(tile.reading) })),
  );
  const position = ref(0);
  const current = computed(() => tiles.value[position.value] ?? null);
  const isAnswered = (tile: BlindTile): boolean => tile.class !== null || tile.isUnsure;
  const answered = computed(() => tiles.value.filter(isAnswered).length);
  watch(asked.data, () => (said.value = new Map()));
  watch(
    () => project.id,
    () => (openId.value = null),
  );

  function show(session: string | null): void {
    openId.value = session;
    said.value = new Map();
    position.value = 0;
  }
  function move(by: number): void {
    position.value = Math.min(Math.max(0, tiles.value.length - 1), Math.max(0, position.value + by));
  }
  function goTo(index: number): void {
    position.value = index;
  }
  /** The next tile not answered yet after this one; else the next one. */
  function goOn(): void {
    const next = tiles.value.findIndex((tile, index) => index > position.value && !isAnswered(tile));
    if (next >= 0) position.value = next;
    else move(1);
  }

  async function attempt<T>(act: () => Promise<T>): Promise<T | null> {
    try {
      return await act();
    } catch (error) {
      notices.failed(error);
      return null;
    }
  }
  const start = async (input: { reader: string; size: number; seed: number }): Promise<void> => {
    const started = await attempt(() => core.services().readings.start({ project: project.required(), ...input }));
    if (started === null) return;
    await list.refresh();
    show(started.session);
  };
  const answer = async (id: string | null, isUnsure: boolean): Promise<void> => {
    const tile = current.value;
    if (tile === null) return;
    const { reading } = tile;
    said.value = new Map([...said.value, [reading, { class: id, isUnsure }]]);
    if (id !== null || isUnsure) goOn();
    const done = await attempt(() =>
      core.services().readings.answer({ project: project.required(), reading, class: id, isUnsure }),
    );
    if (done === null) said.value = new Map([...said.value].filter(([key]) => key !== reading));
  };
  const finish = async (): Promise<void> => {
    const session = openId.value;
    if (session !== null)
      await attempt(() => core.services().readings.finish({ project: project.required(), session }));
    await list.refresh();
  };
  const remove = async ({ session }: ReadingSession): Promise<boolean> => {
    const removed = await attempt(() => core.services().readings.remove({ project: project.required(), session }));
    if (openId.value === session) show(null);
    return removed !== null;
  };
  const adjudicate = async (reading: string, decision: ReadingDecision, other: string | null, by: string) =>
    attempt(() =>
      core.services().readings.adjudicate({
        project: project.required(),
        reading,
        decision,
        by,
        ...(other === null ? {} : { class: other }),
      }),
    );

  /** Answers the name of the written file; null when the person gave up or it failed. */
  async function write(
    session: string,
    call: 'export' | 'report',
    name: string,
    title: string,
  ): Promise<string | null> {
    const [folder] = (await openFileBrowser({ mode: 'folder', title })) ?? [];
    if (folder === undefined || !('id' in folder.reference)) return null;
    const out = { folder: folder.reference.id, name };
    const done = await attempt(() => core.services().readings[call]({ project: project.required(), session, out }));
    return done === null ? null : name;
  }
  async function take(title: string) {
    const [file] = (await openFileBrowser({ mode: 'files', kinds: ['csv'], isMultiple: false, title })) ?? [];
    if (file === undefined) return null;
    return attempt(() => core.services().readings.import({ project: project.required(), file: file.reference }));
  }

  return {
    list,
    open,
    asked,
    agreement,
    tiles,
    position,
    current,
    answered,
    isAnswered,
    show,
    move,
    goTo,
    start,
    answer,
    finish,
    remove,
    adjudicate,
    write,
    take,
  };
});
