import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import * as z from 'zod/mini';
import type { Instant, TokenStatus } from '../core/token.ts';
import type { User } from './rules.ts';
import { sameHash, type Kept } from './secrets.ts';

/** A token as it is kept. Its status is worked out from `expires` and `ended`: see `statusOf`. */
export interface StoredToken {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly owner: User;
  readonly scopes: readonly string[];
  readonly created: Instant;
  readonly expires: Instant | null;
  readonly lastUsed: Instant | null;
  readonly ended: 'revoked' | 'auto-revoked' | null;
  readonly managed: boolean;
  readonly secretStart: string;
  readonly secretEnd: string;
  readonly subject: string | null;
  readonly referrer: string | null;
}

export type NewToken = Omit<StoredToken, 'owner' | 'lastUsed' | 'ended' | 'secretStart' | 'secretEnd'> & {
  readonly owner: string;
};

export type SortKey = 'name' | 'created' | 'expires' | 'last-used' | 'owner' | 'status';

export interface TokenFilter {
  readonly owner?: string | undefined;
  readonly statuses?: readonly TokenStatus[] | undefined;
  readonly text?: string | undefined;
  readonly name?: string | undefined;
  readonly lastUsedBefore?: Instant | undefined;
  readonly neverUsed?: boolean | undefined;
}

export interface PageRequest {
  readonly sort: SortKey;
  readonly descending: boolean;
  readonly limit: number;
  /** The instant that statuses are sorted and filtered by; the same for all pages of a list. */
  readonly now: Instant;
  readonly after: Place | undefined;
}

/** Where a page ended: the last row's sort key, and its id. */
export interface Place {
  readonly key: string | number;
  readonly id: string;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS users (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, status TEXT NOT NULL, role TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS tokens (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    folded TEXT NOT NULL,
    owner TEXT NOT NULL REFERENCES users (id),
    scopes TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER,
    last_used INTEGER,
    ended TEXT,
    managed INTEGER NOT NULL,
    subject TEXT,
    referrer TEXT,
    secret_start TEXT NOT NULL,
    secret_end TEXT NOT NULL,
    lookup TEXT NOT NULL,
    hash BLOB NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS tokens_by_lookup ON tokens (lookup);
  CREATE INDEX IF NOT EXISTS tokens_by_owner ON tokens (owner, name);
  CREATE INDEX IF NOT EXISTS tokens_by_name ON tokens (lower(name), id);
  CREATE INDEX IF NOT EXISTS tokens_by_created ON tokens (created, id);
  CREATE INDEX IF NOT EXISTS tokens_by_expires ON tokens (ifnull(expires, 9e15), id);
  CREATE INDEX IF NOT EXISTS tokens_by_last_used ON tokens (ifnull(last_used, -1), id);
  PRAGMA user_version = 1;
`;

const STATUS = `CASE WHEN tokens.ended IS NOT NULL THEN tokens.ended
  WHEN tokens.expires <= :now THEN 'expired' ELSE 'active' END`;

/** "Never" is the last of all expiries and the first of all last uses. */
const SORT: Readonly<Record<SortKey, string>> = {
  name: 'lower(tokens.name)',
  created: 'tokens.created',
  expires: 'ifnull(tokens.expires, 9e15)',
  'last-used': 'ifnull(tokens.last_used, -1)',
  owner: 'lower(users.name)',
  status: STATUS,
};

const COLUMNS = `tokens.id, tokens.name, tokens.description, tokens.scopes, tokens.created, tokens.expires,
  tokens.last_used, tokens.ended, tokens.managed, tokens.subject, tokens.referrer, tokens.secret_start,
  tokens.secret_end, tokens.hash, users.id AS owner_id, users.name AS owner_name,
  users.status AS owner_status, users.role AS owner_role`;

const FROM = 'FROM tokens JOIN users ON users.id = tokens.owner';

const USER = z.object({
  id: z.string(),
  name: z.string(),
  status: z.enum(['active', 'disabled']),
  role: z.string(),
});

const ROW = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  scopes: z.string(),
  created: z.number(),
  expires: z.nullable(z.number()),
  last_used: z.nullable(z.number()),
  ended: z.nullable(z.enum(['revoked', 'auto-revoked'])),
  managed: z.number(),
  subject: z.nullable(z.string()),
  referrer: z.nullable(z.string()),
  secret_start: z.string(),
  secret_end: z.string(),
  hash: z.instanceof(Uint8Array),
  owner_id: z.string(),
  owner_name: z.string(),
  owner_status: USER.shape.status,
  owner_role: z.string(),
});

const KEYED_ROW = z.extend(ROW, { sort_key: z.union([z.string(), z.number()]) });
const SCOPES = z.array(z.string());

/**
 * Users and tokens in one SQLite file. It is opened for this process alone, and that is also what makes one
 * window the owner of the sandbox: the operating system drops the lock when the process ends, however it ends.
 */
export class Store {
  readonly #db: DatabaseSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** @throws the driver's error, `isBusy` when another process has the file open */
  prepare(users: readonly User[]): void {
    // Exclusive before the first use of the log keeps its index in memory: no third file, and no second process.
    this.#db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    this.#db.exec(`BEGIN IMMEDIATE; ${SCHEMA}`);
    const write = this.#db.prepare(
      `INSERT INTO users (id, name, status, role) VALUES (?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET name = excluded.name, status = excluded.status, role = excluded.role`,
    );
    for (const user of users) write.run(user.id, user.name, user.status, user.role);
    this.#db.exec('COMMIT');
  }

  close(): void {
    this.#db.close();
  }

  users(): User[] {
    return this.#db
      .prepare('SELECT id, name, status, role FROM users ORDER BY lower(name), id')
      .all()
      .map((row) => USER.parse(row));
  }

  user(id: string): User | undefined {
    const row = this.#db.prepare('SELECT id, name, status, role FROM users WHERE id = ?').get(id);
    return row === undefined ? undefined : USER.parse(row);
  }

  token(id: string): StoredToken | undefined {
    const row = this.#db.prepare(`SELECT ${COLUMNS} ${FROM} WHERE tokens.id = ?`).get(id);
    return row === undefined ? undefined : tokenOf(ROW.parse(row));
  }

  tokenOfSecret(kept: Kept): StoredToken | undefined {
    const row = this.#db
      .prepare(`SELECT ${COLUMNS} ${FROM} WHERE tokens.lookup = ?`)
      .all(kept.lookup)
      .map((found) => ROW.parse(found))
      .find(({ hash }) => sameHash(hash, kept.hash));
    return row === undefined ? undefined : tokenOf(row);
  }

  /** One page, and where the next one begins. */
  page(filter: TokenFilter, page: PageRequest): { tokens: StoredToken[]; next: Place | undefined } {
    const key = SORT[page.sort];
    const direction = page.descending ? 'DESC' : 'ASC';
    const values: Record<string, SQLInputValue> = { limit: page.limit + 1 };
    const conditions = this.#conditionsOf(filter, values);
    if (page.after !== undefined) {
      conditions.push(`(${key}, tokens.id) ${page.descending ? '<' : '>'} (:afterKey, :afterId)`);
      values.afterKey = page.after.key;
      values.afterId = page.after.id;
    }
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
    const sql = `SELECT ${COLUMNS}, ${key} AS sort_key ${FROM} ${where}
      ORDER BY sort_key ${direction}, tokens.id ${direction} LIMIT :limit`;
    if (sql.includes(':now')) values.now = page.now;
    const rows = this.#db
      .prepare(sql)
      .all(values)
      .map((row) => KEYED_ROW.parse(row));
    const shown = rows.slice(0, page.limit);
    const last = rows.length > page.limit ? shown.at(-1) : undefined;
    return {
      tokens: shown.map(tokenOf),
      next: last === undefined ? undefined : { key: last.sort_key, id: last.id },
    };
  }

  nameTaken(owner: string, name: string, now: Instant, exceptId = ''): boolean {
    const sql = `SELECT 1 FROM tokens WHERE owner = ? AND name = ? AND id <> ?
      AND ended IS NULL AND (expires IS NULL OR expires > ?)`;
    return this.#db.prepare(sql).get(owner, name, exceptId, now) !== undefined;
  }

  add(token: NewToken, kept: Kept): void {
    this.#db
      .prepare(
        `INSERT INTO tokens (id, name, description, folded, owner, scopes, created, expires, managed, subject,
           referrer, secret_start, secret_end, lookup, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        token.id,
        token.name,
        token.description,
        folded(token),
        token.owner,
        JSON.stringify(token.scopes),
        token.created,
        token.expires,
        token.managed ? 1 : 0,
        token.subject,
        token.referrer,
        kept.start,
        kept.end,
        kept.lookup,
        kept.hash,
      );
  }

  change(id: string, to: Pick<StoredToken, 'name' | 'description' | 'scopes' | 'expires'>): void {
    this.#db
      .prepare(
        'UPDATE tokens SET name = ?, description = ?, folded = ?, scopes = ?, expires = ? WHERE id = ?',
      )
      .run(to.name, to.description, folded(to), JSON.stringify(to.scopes), to.expires, id);
  }

  /** Ends a token, unless it has ended already. */
  end(id: string, how: 'revoked' | 'auto-revoked'): void {
    this.#db.prepare('UPDATE tokens SET ended = ? WHERE id = ? AND ended IS NULL').run(how, id);
  }

  /** Ends the platform's own tokens of `owner`. */
  endManaged(owner: string): void {
    this.#db
      .prepare("UPDATE tokens SET ended = 'revoked' WHERE owner = ? AND managed = 1 AND ended IS NULL")
      .run(owner);
  }

  used(id: string, at: Instant): void {
    this.#db.prepare('UPDATE tokens SET last_used = ? WHERE id = ?').run(at, id);
  }

  #conditionsOf(filter: TokenFilter, values: Record<string, SQLInputValue>): string[] {
    const conditions: string[] = [];
    const add = (condition: string, name: string, value: SQLInputValue) => {
      conditions.push(condition);
      values[name] = value;
    };
    if (filter.owner !== undefined) add('tokens.owner = :owner', 'owner', filter.owner);
    if (filter.name !== undefined) add('tokens.name = :name', 'name', filter.name);
    if (filter.text !== undefined) {
      const text = foldText(filter.text);
      const owners = this.users().filter(({ name }) => foldText(name).includes(text));
      add(
        '(instr(tokens.folded, :text) OR users.id IN (SELECT value FROM json_each(:owners)))',
        'text',
        text,
      );
      values.owners = JSON.stringify(owners.map(({ id }) => id));
    }
    if (filter.statuses !== undefined) {
      // Statuses come from the API's own list of words.
      conditions.push(`${STATUS} IN (${filter.statuses.map((status) => `'${status}'`).join(', ')})`);
    }
    if (filter.lastUsedBefore !== undefined) {
      const orNever = filter.neverUsed === true ? ' OR tokens.last_used IS NULL' : '';
      add(`(tokens.last_used < :before${orNever})`, 'before', filter.lastUsedBefore);
    } else if (filter.neverUsed !== undefined) {
      conditions.push(`tokens.last_used IS ${filter.neverUsed ? '' : 'NOT '}NULL`);
    }
    return conditions;
  }
}

/** Whether opening failed because another process has the store: SQLITE_BUSY, SQLITE_LOCKED. */
export function isBusy(error: unknown): boolean {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
  return typeof code === 'number' && [5, 6].includes(code & 0xff);
}

/** Text in the form in which it is searched: any case, any composition of accents. */
function foldText(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}

function folded(token: Pick<StoredToken, 'name' | 'description'>): string {
  return foldText(`${token.name}\n${token.description}`);
}

function tokenOf(row: z.infer<typeof ROW>): StoredToken {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    owner: { id: row.owner_id, name: row.owner_name, status: row.owner_status, role: row.owner_role },
    scopes: SCOPES.parse(JSON.parse(row.scopes)),
    created: row.created,
    expires: row.expires,
    lastUsed: row.last_used,
    ended: row.ended,
    managed: row.managed === 1,
    secretStart: row.secret_start,
    secretEnd: row.secret_end,
    subject: row.subject,
    referrer: row.referrer,
  };
}
