/** The selected run's machine and settings as rows of text: nothing that decided its result is left out. */
import { computed } from 'vue';
import { useI18n } from 'vue-i18n';
import type { ImportedEncoder } from '#common/domain/encoder-card.ts';
import { formatBytes, formatCount, formatNumber } from '../../../ui/formats.ts';
import { useSettings } from '../../../stores/settings.ts';
import { useSlides } from '../../../stores/slides.ts';
import { useRunCurves } from './run-curves-store.ts';
import { lastMeasured } from './run-curves.ts';
import { useRuns } from './runs-store.ts';
import { useSettingRows, type Fact } from './useSettingRows.ts';

export function useRunFacts() {
  const { t } = useI18n();
  const preferences = useSettings();
  const slides = useSlides();
  const runs = useRuns();
  const curves = useRunCurves();
  const rows = useSettingRows();

  const computer = computed<readonly Fact[]>(() => {
    const run = runs.selected;
    if (run === null) return [];
    const { language } = preferences;
    const own = curves.byRun.get(run.run);
    const rate = run.tripletsPerSecond ?? lastMeasured(own?.steps.tripletsPerSecond.slice(-5) ?? []);
    const skipped = own?.epochs.skippedSteps.at(-1);
    return [
      ...(rate === null
        ? []
        : [
            {
              name: t('pretrain.facts.speed'),
              value: t('pretrain.progress.rate', { rate: formatNumber(rate, language) }),
              title: t('pretrain.facts.speedMeaning', { images: formatCount(Math.round(rate * 3), language) }),
            },
          ]),
      ...(run.engine === null
        ? [{ name: t('pretrain.facts.engine'), value: t('pretrain.facts.notYet') }]
        : [
            { name: t('pretrain.facts.engine'), value: `${run.engine.engine}, ${run.engine.backend}` },
            { name: t('pretrain.facts.precision'), value: run.engine.precision },
          ]),
      ...(run.engine?.memoryBytes === undefined
        ? []
        : [
            {
              name: t('pretrain.facts.memory'),
              value: formatBytes(run.engine.memoryBytes, language),
              title: t('pretrain.facts.memoryMeaning'),
            },
          ]),
      ...(skipped === undefined
        ? []
        : [
            {
              name: t('pretrain.facts.skipped'),
              value: formatCount(skipped, language),
              title: t('pretrain.facts.skippedMeaning'),
            },
          ]),
    ];
  });

  const settings = computed<readonly Fact[]>(() => {
    const details = runs.details.data;
    if (details === null || details.state.run !== runs.selected?.run) return [];
    if (details.imported !== null) return importedFacts(details.imported);
    const excluded = details.state.excludedSlides.map((slide) => slides.nameOf(slide));
    return [
      { name: rows.nameOf('seed'), value: String(details.state.seed) },
      { name: rows.nameOf('excludeSlides'), value: excluded.length === 0 ? t('common.none') : excluded.join(', ') },
      ...(details.colour === null
        ? []
        : [{ name: t('pretrain.facts.colour'), value: t(`pretrain.facts.colours.${details.colour}`) }]),
      ...rows.rowsOf(details.settings),
    ];
  });

  function importedFacts({ card, sha256, files, check, name }: ImportedEncoder): readonly Fact[] {
    const fact = (key: string, value: string): Fact => ({ name: t(`pretrain.own.fields.${key}`), value });
    return [
      fact('name', name),
      fact('inputPx', `${card.inputPx} px, ${card.layout}, ${card.channels}`),
      fact('mpp', formatNumber(card.mpp, preferences.language)),
      fact('mean', card.mean.join(', ')),
      fact('std', card.std.join(', ')),
      fact('features', formatCount(check.features, preferences.language)),
      fact('pooling', t(`pretrain.own.poolings.${card.pooling}`)),
      fact('licence', card.licence === '' ? t('pretrain.own.notSaid') : card.licence),
      fact('source', card.source === '' ? t('pretrain.own.notSaid') : card.source),
      fact('files', files.map((file) => file.name).join(', ')),
      fact('sha256', sha256),
      ...check.warnings.map((warning) => fact('warning', warning)),
    ];
  }

  return { computer, settings };
}
