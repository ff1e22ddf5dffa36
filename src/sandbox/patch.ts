import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod/mini';
import { Refusal } from './refusal.ts';

/** JSON Patch (RFC 6902) over the one document a token lets itself be changed by. */

/** Values are held to what the document can contain, so that nothing deeper than a list is ever compared. */
const VALUE = z.union([z.string(), z.null(), z.array(z.string())], 'must be text, a list of texts, or null');

export const PATCH = z
  .array(
    z.strictObject({
      op: z.enum(['add', 'remove', 'replace', 'test'], 'must be add, remove, replace or test'),
      path: z.string('must be a JSON pointer'),
      value: z.optional(VALUE),
    }),
    'must be a list of operations',
  )
  .check(z.minLength(1, 'must not be empty'), z.maxLength(100, 'must have at most 100 operations'));

type Operation = z.infer<typeof PATCH>[number];

export interface Changeable {
  readonly name: unknown;
  readonly description: unknown;
  readonly scopes: unknown;
  readonly expires: unknown;
}

const POINTER = /^\/(?:(name|description|expires|scopes)|scopes\/(-|0|[1-9]\d{0,2}))$/;

/** The document after `operations`; its values have yet to be checked. */
export function patched(document: Changeable, operations: readonly Operation[]): Changeable {
  return operations.reduce((changed, operation, at) => {
    const fail = (text: string) =>
      new Refusal(400, 'invalid-patch', 'The patch cannot be applied.', {
        causes: [{ field: `/${at}/path`, text }],
      });
    const [, member, item] = POINTER.exec(operation.path) ?? [];
    if (operation.op !== 'remove' && operation.value === undefined)
      throw fail(`${operation.op} needs a value`);
    if (item !== undefined) return { ...changed, scopes: patchedList(changed.scopes, item, operation, fail) };
    if (!isMember(member)) throw fail('there is nothing to change here');
    switch (operation.op) {
      case 'add':
      case 'replace':
        return { ...changed, [member]: operation.value };
      case 'remove':
        if (member === 'name' || member === 'expires') throw fail(`${member} cannot be removed`);
        return { ...changed, [member]: member === 'scopes' ? [] : '' };
      case 'test':
        expectSame(changed[member], operation);
        return changed;
    }
  }, document);
}

function patchedList(
  list: unknown,
  item: string,
  { op, value }: Operation,
  fail: (text: string) => Refusal,
): unknown[] {
  if (!Array.isArray(list)) throw fail('scopes is no list');
  const next: unknown[] = [...(list as readonly unknown[])];
  const at = item === '-' ? next.length : Number(item);
  if (op === 'add' ? at > next.length : at >= next.length) throw fail('the list has no such item');
  if (op === 'test') expectSame(next[at], { value });
  else if (op === 'add') next.splice(at, 0, value);
  else if (op === 'remove') next.splice(at, 1);
  else next[at] = value;
  return next;
}

function expectSame(actual: unknown, { value }: Pick<Operation, 'value'>): void {
  if (!isDeepStrictEqual(actual, value)) {
    throw new Refusal(409, 'test-failed', 'The token is not as the patch expects it.');
  }
}

function isMember(name: string | undefined): name is keyof Changeable {
  return name !== undefined;
}
