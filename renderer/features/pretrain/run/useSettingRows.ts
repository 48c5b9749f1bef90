/** A run's settings as rows of text, augmentation among them: nothing that decides the result is left out. */
import { useI18n } from 'vue-i18n';
import { methodLabels, type PretrainSettings } from '#common/domain/pretrain.ts';
import { formatNumber } from '../../../ui/formats.ts';
import { useSettings } from '../../../stores/settings.ts';
import { networkNames } from './run-wording.ts';

export interface Fact {
  readonly name: string;
  readonly value: string;
  readonly title?: string;
}

export function useSettingRows() {
  const { t, te } = useI18n();
  const preferences = useSettings();

  function nameOf(setting: string): string {
    return te(`pretrain.settings.${setting}`) ? t(`pretrain.settings.${setting}`) : setting;
  }
  function valueOf(of: unknown): string {
    if (Array.isArray(of)) return of.map((each) => valueOf(each)).join(t('pretrain.to'));
    if (typeof of === 'boolean') return t(of ? 'pretrain.yes' : 'pretrain.no');
    if (typeof of === 'number') return formatNumber(of, preferences.language, 4);
    const text = String(of);
    if (te(`pretrain.recipes.${text}.name`)) return t(`pretrain.recipes.${text}.name`);
    const choice = `pretrain.choices.${text}`;
    return (
      (methodLabels as Readonly<Record<string, string>>)[text] ?? networkNames[text] ?? (te(choice) ? t(choice) : text)
    );
  }
  function rowsOf({ augmentation, ...plain }: PretrainSettings, without: readonly string[] = []): readonly Fact[] {
    return Object.entries({ ...plain, ...augmentation })
      .filter(([name]) => !without.includes(name))
      .map(([name, of]) => ({ name: nameOf(name), value: valueOf(of) }));
  }
  return { nameOf, valueOf, rowsOf };
}
