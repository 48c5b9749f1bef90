/** All labels as a table, to a file the person names. */
import { useI18n } from 'vue-i18n';
import { useCore } from '../../../stores/core.ts';
import { openFileBrowser } from '../../../stores/file-browser.ts';
import { useNotices } from '../../../stores/notices.ts';
import { useProject } from '../../../stores/project.ts';

export function useLabelExport(): () => Promise<void> {
  const { t } = useI18n();
  const core = useCore();
  const project = useProject();
  const notices = useNotices();
  return async () => {
    const chosen = await openFileBrowser({
      mode: 'new',
      suggestedName: 'labels.csv',
      title: t('label.export.choose'),
    });
    const out = chosen?.[0]?.reference;
    if (out === undefined) return;
    try {
      const { name, labels } = await core.services().labels.export({ project: project.required(), out });
      notices.done(t('label.export.done', { count: labels, name }, labels));
    } catch (error) {
      notices.failed(error);
    }
  };
}
