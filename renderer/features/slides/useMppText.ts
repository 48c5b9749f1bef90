/** A slide's scale in words of the page's language: where it comes from, what else the file states, what contradicts it. */
import { useI18n } from 'vue-i18n';
import { hasSquarePixels, type MppProvenance } from '#common/domain/mpp-provenance.ts';
import { useSettings } from '../../stores/settings.ts';
import { formatNumber } from '../../ui/formats.ts';

type Sides = { readonly x: number | null; readonly y: number | null };

export interface MppText {
  /** "aperio.MPP", or when it was set by hand and what it replaced; empty when there is nothing to say. */
  origin(mpp: MppProvenance): string;
  /** "0.5 (tiff.XResolution/ResolutionUnit)"; null when the slide was added before such values were recorded. */
  others(mpp: MppProvenance): string | null;
  /** One sentence each; empty when all is well. */
  remarks(mpp: MppProvenance): string[];
}

export function useMppText(): MppText {
  const { t } = useI18n();
  const settings = useSettings();
  const number = (value: number): string => formatNumber(value, settings.language);
  const size = ({ x, y }: Sides): string => {
    if (x === null || y === null) return t('slides.mpp.sources.missing');
    const [across, down] = [number(x), number(y)];
    return across === down ? across : `${across} x ${down}`;
  };
  const replaced = ({ overridden }: MppProvenance): string => {
    if (overridden === null || overridden.x === null) return t('slides.mpp.replacedNothing');
    const field = overridden.field ?? t(`slides.mpp.sources.${overridden.source}`);
    return t('slides.mpp.replaced', { value: size(overridden), field });
  };
  return {
    origin: (mpp) => {
      if (mpp.source !== 'by-hand') return mpp.field ?? '';
      const when = mpp.setAt === null ? null : new Date(mpp.setAt).toLocaleDateString(settings.language);
      return [when, replaced(mpp)].filter((part) => part !== null).join(', ');
    },
    others: ({ claims, field }) => {
      if (claims === null) return null;
      return claims
        .filter((claim) => claim.field !== field)
        .map((claim) => `${size(claim)} (${claim.field})`)
        .join(', ');
    },
    remarks: (mpp) => [
      ...(mpp.source === 'objective-power' ? [t('slides.mpp.estimated')] : []),
      ...mpp.contradictions.map((claim) =>
        t('slides.mpp.contradiction', { value: size(claim), field: claim.field, used: size(mpp) }),
      ),
      ...(mpp.objectiveMpp === null
        ? []
        : [t('slides.mpp.objectiveFar', { value: number(mpp.objectiveMpp), used: size(mpp) })]),
      ...(hasSquarePixels(mpp) ? [] : [t('slides.mpp.notSquare', { value: size(mpp) })]),
    ],
  };
}
