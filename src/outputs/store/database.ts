import { DatabaseSync } from 'node:sqlite';
import type { StatementSync } from 'node:sqlite';

/**
 * The store's tables, used by its worker; synchronous. `documents` holds what the agent reported, in the
 * order of its commit; `sinks` how far each other output has taken it; `counts` what had to go for room.
 */
const schema = `
  create table if not exists documents (
    seq integer primary key autoincrement,
    id text not null,
    stream text not null,
    time text not null,
    document text not null,
    unique (id, stream)
  );
  create index if not exists documents_by_stream on documents (stream, seq, time);
  create table if not exists sinks (name text primary key, delivered integer not null) without rowid;
  create table if not exists counts (name text primary key, value integer not null) without rowid;
`;

/** Raised when the tables change: a file of another version is refused, never misread. */
const userVersion = 1;
/** Rows dropped at once when the store is full. */
const trimRows = 256;

export interface StoredDocument {
  readonly seq: number;
  readonly id: string;
  readonly stream: string;
  readonly document: string;
}

export interface NewDocument {
  readonly id: string;
  readonly stream: string;
  readonly time: string;
  readonly document: string;
}

export interface AlertQuery {
  /** Timestamps at or after this, as text of RFC 3339. */
  readonly since?: string | undefined;
  /** Rows after and before these sequence numbers. */
  readonly after?: number | undefined;
  readonly before?: number | undefined;
  readonly limit: number;
}

export interface Database extends Disposable {
  /** One transaction; resolves to how many of the batch were new. */
  commit(batch: readonly NewDocument[]): number;
  /** A sink that is new begins with what comes from now on. */
  addSink(name: string): void;
  backlog(sink: string, limit: number): readonly StoredDocument[];
  delivered(sink: string, seq: number): void;
  queued(): Readonly<Record<string, number>>;
  /** The newest that match, oldest first. */
  alerts(query: AlertQuery): readonly StoredDocument[];
  /** All documents after a sequence number, oldest first. */
  documents(after: number, limit: number): readonly StoredDocument[];
  /** Drops what is older, and what the bound leaves no room for: telemetry first, alerts last. */
  trim(maxBytes: number, olderThan: string | undefined): void;
  dropped(): Readonly<Record<string, number>>;
}

export function openDatabase(path: string, options: { readonly readOnly?: boolean } = {}): Database {
  const db = new DatabaseSync(path, { readOnly: options.readOnly ?? false, timeout: 5_000 });
  try {
    if (options.readOnly !== true) prepareFile(db);
    checkVersion(db);
  } catch (error) {
    db.close();
    throw error;
  }
  const statements = new Map<string, StatementSync>();
  const sql = (text: string): StatementSync => {
    const known = statements.get(text) ?? db.prepare(text);
    statements.set(text, known);
    return known;
  };
  return {
    commit: (batch) => transaction(db, () => insertAll(sql, batch)),
    addSink(name) {
      sql(`insert or ignore into sinks select ?, coalesce(max(seq), 0) from documents`).run(name);
    },
    backlog: (sink, limit) =>
      sql(
        `select seq, id, stream, document from documents
         where seq > (select delivered from sinks where name = ?) order by seq limit ?`,
      ).all(sink, limit) as unknown as StoredDocument[],
    delivered(sink, seq) {
      sql(`update sinks set delivered = max(delivered, ?) where name = ?`).run(seq, sink);
    },
    queued() {
      const rows = sql(
        `select name, (select count(*) from documents where seq > delivered) as n from sinks`,
      ).all() as { name: string; n: number }[];
      return Object.fromEntries(rows.map(({ name, n }) => [name, n]));
    },
    alerts: (query) =>
      (
        sql(
          `select seq, id, stream, document from documents
           where stream = 'alerts' and time >= ? and seq > ? and seq < ? order by seq desc limit ?`,
        ).all(
          query.since ?? '', query.after ?? 0, query.before ?? Number.MAX_SAFE_INTEGER, query.limit,
        ) as unknown as StoredDocument[]
      ).reverse(),
    documents: (after, limit) =>
      sql(`select seq, id, stream, document from documents where seq > ? order by seq limit ?`)
        .all(after, limit) as unknown as StoredDocument[],
    trim: (maxBytes, olderThan) => trim(db, sql, maxBytes, olderThan),
    dropped() {
      const rows = sql(`select name, value from counts`).all() as { name: string; value: number }[];
      return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
    },
    [Symbol.dispose]: () => db.close(),
  };
}

function prepareFile(db: DatabaseSync): void {
  db.exec('pragma auto_vacuum = incremental; pragma journal_mode = wal; pragma synchronous = full');
  db.exec('pragma cache_size = -2048; pragma journal_size_limit = 4194304');
  const { user_version: version } = db.prepare('pragma user_version').get() as { user_version: number };
  if (version !== 0) return;
  transaction(db, () => db.exec(`${schema}; pragma user_version = ${userVersion}`));
}

function checkVersion(db: DatabaseSync): void {
  const { user_version: version } = db.prepare('pragma user_version').get() as { user_version: number };
  if (version !== userVersion) {
    throw new Error(`the store is of version ${version}, this program reads version ${userVersion}`);
  }
}

type Sql = (text: string) => StatementSync;

function insertAll(sql: Sql, batch: readonly NewDocument[]): number {
  const insert = sql(`insert or ignore into documents (id, stream, time, document) values (?, ?, ?, ?)`);
  let added = 0;
  for (const { id, stream, time, document } of batch) {
    added += Number(insert.run(id, stream, time, document).changes);
  }
  return added;
}

function transaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('begin immediate');
  try {
    const result = work();
    db.exec('commit');
    return result;
  } catch (error) {
    if (db.isTransaction) db.exec('rollback');
    throw error;
  }
}

function trim(db: DatabaseSync, sql: Sql, maxBytes: number, olderThan: string | undefined): void {
  if (olderThan !== undefined) dropOld(db, sql, olderThan);
  while (usedBytes(db) > maxBytes) {
    const dropped =
      dropOldest(db, sql, `stream <> 'alerts'`, 'telemetry') || dropOldest(db, sql, `stream = 'alerts'`, 'alerts');
    if (!dropped) break;
  }
  db.exec('pragma incremental_vacuum(1024)');
}

/**
 * Rows lie in the order of their commit, which is that of their time but for what waited: looked at from the
 * oldest on, up to the first that is to stay. What an output was still waiting for is counted.
 */
function dropOld(db: DatabaseSync, sql: Sql, olderThan: string): void {
  const stays = sql(`select seq from documents where time >= ? order by seq limit 1`).get(olderThan) as { seq: number } | undefined;
  const end = stays?.seq ?? Number.MAX_SAFE_INTEGER;
  transaction(db, () => {
    for (const [which, name] of [[`stream <> 'alerts'`, 'telemetry'], [`stream = 'alerts'`, 'alerts']] as const) {
      const { n } = sql(
        `select count(*) as n from documents where ${which} and seq < ? and seq > (select min(delivered) from sinks)`,
      ).get(end) as { n: number };
      if (n > 0) countDropped(sql, name, n);
    }
    sql(`delete from documents where seq < ?`).run(end);
  });
}

function countDropped(sql: Sql, name: string, count: number): void {
  sql(
    `insert into counts values (?, ?) on conflict (name) do update set value = value + excluded.value`,
  ).run(`dropped_${name}`, count);
}

/** Whether there was any. What no output was waiting for any more has not been lost: it is not counted. */
function dropOldest(db: DatabaseSync, sql: Sql, which: string, name: string): boolean {
  return transaction(db, () => {
    const rows = sql(`select seq from documents where ${which} order by seq limit ?`).all(trimRows) as { seq: number }[];
    const last = rows.at(-1);
    if (last === undefined) return false;
    const waiting = sql(
      `select count(*) as n from documents where ${which} and seq <= ?
       and seq > (select coalesce(min(delivered), 0) from sinks)`,
    ).get(last.seq) as { n: number };
    sql(`delete from documents where ${which} and seq <= ?`).run(last.seq);
    countDropped(sql, name, waiting.n);
    return true;
  });
}

function usedBytes(db: DatabaseSync): number {
  const value = (name: string): number => Object.values(db.prepare(`pragma ${name}`).get() as object)[0] as number;
  return (value('page_count') - value('freelist_count')) * value('page_size');
}
