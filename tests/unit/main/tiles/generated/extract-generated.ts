/** Child process of the kill test: extracts a generated slide into the directory given. */
import { extractTiles } from '#main/tiles/extract-tiles.ts';
import { generatedPlan, generatedSource } from './generated-plan.ts';

const [directory = '', workers = '0'] = process.argv.slice(2);
await extractTiles({ plan: generatedPlan(), source: generatedSource(), directory, workers: Number(workers) });
