import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { OwnData } from '../../../machines/facts.ts';
import { textOf } from '../../errors/e2d-error.ts';
import { readBoltFile } from './bolt-file.ts';
import { readWalFiles } from './wal-files.ts';

/** What the data dir holds, with what a first start that was cut short leaves behind. */
export interface DataDirSurvey {
  readonly data: OwnData;
  /**
   * `member/` is there although nothing was ever acknowledged from it. Move it aside before etcd is
   * started for a new life: with a half-made log in place etcd would resume it, alone and for ever.
   */
  readonly abandonedStart: boolean;
}

const none: DataDirSurvey = { data: { kind: 'none' }, abandonedStart: false };
const abandoned: DataDirSurvey = { data: { kind: 'none' }, abandonedStart: true };
const readable: DataDirSurvey = { data: { kind: 'readable' }, abandonedStart: false };

/** `restoring` is where a restore is made ready: nothing in it counts until it is installed. */
const expectedNames = new Set(['e2d', 'lost+found', 'restoring']);

/** Names beside `member/` that are not etcd's and no reason for doubt. */
function isExpectedBesideMember(name: string): boolean {
  return expectedNames.has(name) || name.startsWith('.') || name.startsWith('member.');
}

/** The data dir's state before etcd starts; never throws, what cannot be read is `unreadable`. */
export async function readOwnData(dataDir: string): Promise<OwnData> {
  return (await surveyDataDir(dataDir)).data;
}

/** As `readOwnData`, and whether leftovers of a start that was cut short are in the way. */
export async function surveyDataDir(dataDir: string): Promise<DataDirSurvey> {
  try {
    return await survey(dataDir);
  } catch (error) {
    return unreadable(`${dataDir} cannot be read: ${textOf(error)}`);
  }
}

async function survey(dataDir: string): Promise<DataDirSurvey> {
  const names = await namesIn(dataDir);
  if (names === null) return none;
  if (names.includes('proxy')) {
    return unreadable(`${dataDir} is the data dir of an etcd v2 proxy, not of a member`);
  }
  if (names.includes('member')) return surveyMember(join(dataDir, 'member'));
  const foreign = names.filter((name) => !isExpectedBesideMember(name)).sort();
  if (foreign.length === 0) return none;
  const shown = foreign.slice(0, 3).join(', ');
  const more = foreign.length > 3 ? ` and ${foreign.length - 3} more` : '';
  return unreadable(`${dataDir} is not an etcd data dir and not empty: it holds ${shown}${more}`);
}

async function surveyMember(member: string): Promise<DataDirSurvey> {
  if (!(await stat(member)).isDirectory()) return unreadable(`${member} is not a directory`);
  const db = await readBoltFile(join(member, 'snap', 'db'));
  const wal = await readWalFiles(join(member, 'wal'));
  if (db.kind === 'damaged') return unreadable(`the database ${member}/snap/db: ${db.problem}`);
  if (wal.kind === 'damaged') return unreadable(`the log in ${member}/wal: ${wal.problem}`);
  if (wal.kind === 'missing') return surveyWithoutLog(member, db);
  if (db.kind === 'missing') {
    return unreadable(`${member} has a write-ahead log but no database (snap/db)`);
  }
  if (wal.kind === 'unused') return abandoned;
  if (db.kind === 'empty') return unreadable(`the database ${member}/snap/db is empty`);
  return readable;
}

/**
 * etcd makes the database before the log, so a database in which nothing happened is a first start.
 */
async function surveyWithoutLog(
  member: string,
  db: Awaited<ReturnType<typeof readBoltFile>>,
): Promise<DataDirSurvey> {
  const files = (await namesIn(join(member, 'snap'))) ?? [];
  const snapshots = files.filter((name) => name.endsWith('.snap') || name.endsWith('.snap.db'));
  const inUse = db.kind === 'sound' && (db.rootBuckets ?? ['']).some((bucket) => bucket !== 'meta');
  if (inUse || snapshots.length > 0) {
    return unreadable(`${member} has a database or snapshots but no write-ahead log (wal/*.wal)`);
  }
  return abandoned;
}

async function namesIn(directory: string): Promise<readonly string[] | null> {
  try {
    return await readdir(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function unreadable(problem: string): DataDirSurvey {
  return { data: { kind: 'unreadable', problem }, abandonedStart: false };
}
