/** A slide's colours in numbers: what its scanner's profile does, and its stains. Reads the file; writes nothing. */
import type { z } from 'zod';
import type { slidesCalls, StainEstimate } from '#common/contract/slides.ts';
import { defaultTissueSettings, type TissueSettings } from '#common/domain/tile.ts';
import type { StageContext } from '#common/stage.ts';
import { colourStateOf } from '../slides/colour/with-colour-profile.ts';
import { readScaledRegion } from '../slides/read-scaled-region.ts';
import { readProjectSettings } from '../store/project-settings.ts';
import { listRegions } from '../store/region-rows.ts';
import { findSlide } from '../store/slide-rows.ts';
import { sampleTissue } from '../tiles/stain/sample-tissue.ts';
import { estimateStains, type Stain } from '../tiles/stain/stain-estimate.ts';
import type { OpenProject } from './open-projects.ts';
import { openProjectSlide, openStoredSlide, slideInfoOf } from './slides-service.ts';

type SlideColour = z.output<typeof slidesCalls.colour.output>;

export async function colourOf(project: OpenProject, slide: string): Promise<SlideColour> {
  await using reader = await openStoredSlide(project, findSlide(project.database, slide));
  const found = await colourStateOf(reader);
  return {
    state: found.state,
    name: 'name' in found ? found.name : null,
    byteLength: 'byteLength' in found ? found.byteLength : null,
    reason: found.state === 'ignored' ? found.reason : null,
    choice: readProjectSettings(project.database).colour,
  };
}

/** `tissue`: how to find tissue; left out: the slide's own way, or the default. */
export async function stainsOf(
  project: OpenProject,
  slide: string,
  tissue: TissueSettings | undefined,
  context: StageContext,
): Promise<StainEstimate> {
  const row = findSlide(project.database, slide);
  await using reader = await openProjectSlide(project, row);
  const sample = await sampleTissue(
    {
      reader,
      info: slideInfoOf(row),
      readScaledRegion,
      regions: listRegions(project.database).filter((region) => region.slide === slide),
      tissue: tissue ?? row.tissue ?? defaultTissueSettings,
    },
    context,
  );
  const { macenko, reinhard, ...counts } = estimateStains(sample);
  return {
    ...counts,
    macenko: macenko && { haematoxylin: copied(macenko.haematoxylin), eosin: copied(macenko.eosin) },
    reinhard: reinhard && {
      mean: [...reinhard.mean],
      deviation: [...reinhard.deviation],
      colour: [...reinhard.colour],
    },
  };
}

function copied({ vector, strength, colour }: Stain): NonNullable<StainEstimate['macenko']>['eosin'] {
  return { vector: [...vector], strength, colour: [...colour] };
}
