/** A generated project with a real, tiny network: trained for one epoch, labelled, classified. For tests that need true features. */
import { generateProject, type GeneratedProject } from './generated-project.ts';
import { labelHalves } from './planted-run.ts';

export interface TrainedProject extends GeneratedProject {
  readonly run: string;
  readonly classifier: string;
}

export async function trainProject(slideCount = 3): Promise<TrainedProject> {
  const generated = await generateProject(slideCount);
  const { core, project } = generated;
  const { run } = await core.runs.pretrain({ project, recipe: 'quick', epochs: 1, batch: 8, engine: 'tfjs' });
  await labelHalves(generated);
  const { classifier } = await core.classifier.finetune({ project, run, baselines: 'ready' });
  await core.classifier.classify({ project, classifier });
  return { ...generated, run, classifier };
}
