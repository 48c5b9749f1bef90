/** A slide's figures in words: size, scale and where it comes from, tiles and labels. */
import { useI18n } from 'vue-i18n';
import type { ProjectSlide } from '#common/contract/slides.ts';
import { formatCount, formatNumber } from '../../ui/formats.ts';
import { useReserve } from '../../stores/reserve.ts';
import { useSettings } from '../../stores/settings.ts';
import { useSlides } from '../../stores/slides.ts';

export interface SlideText {
  /** "2,220 x 2,967 px" */
  pixels(slide: Pick<ProjectSlide, 'width' | 'height'>): string;
  /** "1.1 x 1.5 mm"; empty without a scale. */
  millimetres(slide: Pick<ProjectSlide, 'width' | 'height' | 'mpp'>): string;
  /** Both. */
  size(slide: Pick<ProjectSlide, 'width' | 'height' | 'mpp'>): string;
  /** "0.499 µm/px, from the file" */
  scale(slide: Pick<ProjectSlide, 'mpp' | 'mppSource'>): string;
  counts(slide: string): string;
}

export function useSlideText(): SlideText {
  const { t } = useI18n();
  const settings = useSettings();
  const slides = useSlides();
  const reserve = useReserve();
  const number = (value: number): string => formatNumber(value, settings.language);
  const pixels: SlideText['pixels'] = ({ width, height }) =>
    `${formatCount(width, settings.language)} x ${formatCount(height, settings.language)} px`;
  const millimetres: SlideText['millimetres'] = ({ width, height, mpp }) =>
    mpp === null ? '' : `${number((width * mpp) / 1000)} x ${number((height * mpp) / 1000)} mm`;
  return {
    pixels,
    millimetres,
    size: (slide) => [pixels(slide), millimetres(slide)].filter((text) => text !== '').join(', '),
    scale: ({ mpp, mppSource }) =>
      mpp === null ? t('slides.mpp.sources.missing') : `${number(mpp)} µm/px, ${t(`slides.mpp.sources.${mppSource}`)}`,
    counts: (slide) => {
      const facts = slides.factsOf.get(slide);
      if (facts === undefined) return '';
      const tiles = facts.tiles === null ? t('slides.noTiles') : t('common.tiles', facts.tiles.kept);
      const reserved = reserve.slides.has(slide) ? `, ${t('slides.reserve.short')}` : '';
      return `${tiles}, ${t('common.labels', facts.labels)}${reserved}`;
    },
  };
}
