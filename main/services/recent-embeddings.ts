/** The embeddings read last stay in memory while the project is open: a queue of tiles must not read 200 MB again each time. */
import { embeddingsPath, readyEmbeddings, type EmbeddingRequest, type TileEmbeddings } from './embeddings.ts';
import type { OpenProject } from './open-projects.ts';

export class RecentEmbeddings {
  private readonly last = new WeakMap<OpenProject, { readonly path: string; readonly embeddings: TileEmbeddings }>();

  /** null when they were not computed yet; never starts the network. */
  async find(project: OpenProject, request: EmbeddingRequest): Promise<TileEmbeddings | null> {
    const path = embeddingsPath(project, request);
    const last = this.last.get(project);
    if (last?.path === path) return last.embeddings;
    const embeddings = await readyEmbeddings(project, request);
    if (embeddings !== null) this.last.set(project, { path, embeddings });
    return embeddings;
  }
}
