/** Small texts about a run that several parts show: its name, its state's sign, short names of methods and networks. */
import { useI18n } from 'vue-i18n';
import { methodLabels } from '#common/domain/pretrain.ts';
import type { RunState } from '#common/contract/runs.ts';
import { useSettings } from '../../../stores/settings.ts';
import { useRuns } from './runs-store.ts';

export const networkNames: Readonly<Record<string, string>> = {
  'resnet18-narrow': 'ResNet-18 narrow',
  resnet18: 'ResNet-18',
  resnet50: 'ResNet-50',
};

export type Tone = 'good' | 'watch' | 'bad' | 'none';

export function toneOf(level: string | null): Tone {
  if (level === null) return 'none';
  if (level === 'healthy') return 'good';
  return level === 'watch' ? 'watch' : 'bad';
}

/** ".74", "-1.71", ".0189": three digits that matter, and no zero before the point where that is usual (never before a comma). */
export function shortNumber(value: number, language: string): string {
  const digits = new Intl.NumberFormat(language, { maximumSignificantDigits: 3, useGrouping: Math.abs(value) >= 1000 });
  return digits.format(value).replace(/^(-?)0(?=\.\d)/, '$1');
}

export function useRunWording() {
  const { t, te } = useI18n();
  const runs = useRuns();
  const settings = useSettings();

  function nameOf(run: string): string {
    return t('pretrain.runName', { number: runs.numbers.get(run) ?? '?' });
  }
  function methodOf({ method, network }: Pick<RunState, 'method' | 'network'>): string {
    if (method === 'imported') return t('pretrain.own.name', { name: network });
    return `${methodLabels[method]}, ${networkNames[network] ?? network}`;
  }
  function levelOf(level: string): string {
    return te(`pretrain.verdict.${level}`) ? t(`pretrain.verdict.${level}`) : level;
  }
  /** The core names runs by id. */
  function withNames(sentence: string): string {
    let text = sentence;
    for (const { run } of runs.all) text = text.replaceAll(run, nameOf(run));
    return text;
  }
  const number = (value: number): string => shortNumber(value, settings.language);
  return { nameOf, methodOf, levelOf, withNames, number };
}
