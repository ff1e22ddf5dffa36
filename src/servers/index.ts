import { npm } from './npm.ts';
import { sailpoint } from './sailpoint.ts';
import type { ServerKind } from './server.ts';
import { standard } from './standard.ts';

/** Every kind of server a connection can name. */
export const kinds: readonly ServerKind[] = [standard, sailpoint, npm];

export function kindOf(id: string): ServerKind | undefined {
  return kinds.find((kind) => kind.id === id);
}
