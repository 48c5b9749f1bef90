/** All texts of one language, one file a part of the page. */
import { common } from './common.ts';
import { shell } from './shell.ts';
import { viewer } from './viewer.ts';
import { slides } from './slides.ts';
import { regions } from './regions.ts';
import { pretrain } from './pretrain.ts';
import { label } from './label.ts';
import { classifier } from './classifier.ts';
import { map } from './map.ts';
import { studies } from './studies.ts';
import { apply } from './apply.ts';

export const en = { common, shell, viewer, slides, regions, pretrain, label, classifier, map, studies, apply };
