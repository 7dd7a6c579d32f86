/**
 * Where the vectors of others lie: beside the project, outside of it. The suites over them say so and skip where the
 * folder is absent.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The absolute path of the folder, without a trailing slash; null where it is not there. */
export function vectorsFolder(): string | null {
  const folder = fileURLToPath(new URL('../../../shared/vectors', import.meta.url));
  return existsSync(folder) ? folder : null;
}
