// @vitest-environment happy-dom
/** Messages are where they can be read and pressed: at the edge of the window, or within the dialog that is open. */
import { createPinia, setActivePinia } from 'pinia';
import { expect, test } from 'vitest';
import { defineComponent, h, ref } from 'vue';
import { TrefoilError } from '#common/errors.ts';
import NoticeList from '../../../../renderer/shell/NoticeList.vue';
import UiDialog from '../../../../renderer/ui/UiDialog.vue';
import { useNotices } from '../../../../renderer/stores/notices.ts';
import { mountOnPage } from '../on-the-page.ts';
import { settle } from '../stores/fake-core.ts';

test('messages lie beside the content of an open dialog, and at the edge of the window once it is closed', async () => {
  setActivePinia(createPinia());
  const isOpen = ref(false);
  const page = mountOnPage(
    defineComponent({
      setup: () => () => [
        h(NoticeList),
        h(
          UiDialog,
          { open: isOpen.value, title: 'Window' },
          { default: () => 'content', actions: () => h('button', 'Keep') },
        ),
      ],
    }),
  );
  useNotices().failed(new TrefoilError('file-invalid', 'What happened.', 'What to do.'));
  await settle();
  const dialog = (): Element | null => document.querySelector('[role="dialog"]');
  expect(document.body.textContent).toContain('What happened.');
  isOpen.value = true;
  await settle();
  expect(dialog()?.querySelector('[role="alert"]')?.textContent).toContain('What to do.');
  expect(document.querySelectorAll('[role="alert"]')).toHaveLength(1);
  isOpen.value = false;
  await settle();
  expect(dialog()).toBeNull();
  expect(document.querySelector('[role="alert"]')?.textContent).toContain('What happened.');
  page.unmount();
});

test('a part that was left out is listed line by line', async () => {
  setActivePinia(createPinia());
  const page = mountOnPage(NoticeList);
  const error = new TrefoilError('file-invalid', 'It is no slide.', 'Choose another.').toReport();
  useNotices().refused('2 files were not added', [
    { name: 'a.svs', error },
    { name: 'b.svs', error },
  ]);
  await settle();
  expect([...document.querySelectorAll('[role="alert"] li')].map((line) => line.textContent)).toEqual([
    'a.svs: It is no slide. Choose another.',
    'b.svs: It is no slide. Choose another.',
  ]);
  page.unmount();
});
