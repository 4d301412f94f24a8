import type { CodeMeaning } from './code-meaning.ts';
import { pkiCodes } from './pki-codes.ts';
import { snapshotCodes } from './snapshot-codes.ts';

/** Every code of `E2dError`. Programs match on the code: its meaning never changes. */
export const codes: Readonly<Record<string, CodeMeaning>> = {
  E2D_ALREADY_RUNNING: {
    exit: 1,
    sentence: 'Another e2d owns the state dir.',
    remedy: 'Stop it, or give each node a --data-dir and --state-dir of its own.',
  },
  E2D_ANNOUNCEMENT_TOO_LONG: {
    exit: 1,
    sentence: 'What the node must tell its peers does not fit into gossip.',
    remedy: 'Use IP addresses or shorter host names.',
  },
  E2D_AUTH_UNFINISHED: {
    exit: 1,
    sentence: 'Changing who may do what in etcd was cut short.',
    remedy: 'Run it again: it goes on from where it was.',
  },
  E2D_AUTH_UNSAFE: {
    exit: 1,
    sentence:
      'Users are not demanded by etcd, because e2d would be locked out, or nobody would be.',
    remedy: 'Do what the list says, and run it again; docs/users.md tells why.',
  },
  E2D_BAD_CERTIFICATE: {
    exit: 2,
    sentence: 'A file of certificates holds one that cannot be read, or far too many.',
    remedy: 'Name a file with X.509 certificates in PEM, the needed ones only.',
  },
  E2D_BAD_CONFIG: {
    exit: 2,
    sentence: 'Flags, variables or the file hold what is not allowed; all of it is listed.',
    remedy: 'Correct what is listed; "e2d run --help" shows every option.',
  },
  E2D_BAD_ETCD_ARGS: {
    exit: 2,
    sentence: 'The extra arguments for etcd cannot be read, or touch what e2d sets itself.',
    remedy: 'Correct --etcd-extra-args.',
  },
  E2D_BAD_USER: {
    exit: 2,
    sentence: 'That cannot be the name of a user, or the prefix of its keys.',
    remedy: 'Choose another name; root, backup and e2d are taken.',
  },
  E2D_BOOTSTRAP_TIMEOUT: {
    exit: 1,
    sentence: 'No cluster was formed or joined within the bootstrap time-out.',
    remedy: 'Start the missing nodes, or correct --bootstrap-addrs and -n.',
  },
  E2D_CONTROL_ADDR: {
    exit: 1,
    sentence: 'Remote control cannot be served at its address.',
    remedy: 'Give --control-addr an address of this machine with a port that nothing else uses.',
  },
  E2D_CONTROL_DENIED: {
    exit: 1,
    sentence: 'Who asks may not ask this of the running e2d.',
    remedy:
      'Ask as the user that e2d runs as or as root; from afar, with a certificate of the role.',
  },
  E2D_CONTROL_FAILED: {
    exit: 1,
    sentence: 'The control socket cannot be used, or closed before it answered.',
    remedy: 'Try again, and look at the log of e2d.',
  },
  E2D_CONTROL_MISMATCH: {
    exit: 1,
    sentence: 'What answers at the control socket does not speak as this e2d does.',
    remedy: 'Use the version of e2d that runs there.',
  },
  E2D_CONTROL_REFUSED: {
    exit: 1,
    sentence: 'The running e2d refused the request.',
    remedy: 'Do what its reason says.',
  },
  E2D_CONTROL_SOCKET: {
    exit: 1,
    sentence: 'The control socket cannot be made.',
    remedy: 'Choose a --state-dir with a shorter path that this user can write to.',
  },
  E2D_CONTROL_TIMEOUT: {
    exit: 1,
    sentence: 'The running e2d did not answer in time.',
    remedy: 'Look at its log and try again.',
  },
  E2D_CONTROL_UNTRUSTED: {
    exit: 1,
    sentence: 'What answers may be somebody else than the e2d that was meant: nothing was asked.',
    remedy:
      'Look at who owns the state dir; from afar, check --ca-cert and the host of --endpoint.',
  },
  E2D_DATA_AT_STAKE: {
    exit: 1,
    sentence: 'There is data that a restore would leave behind, and nobody gave it up.',
    remedy: 'Data outranks a snapshot: look after it, or give up its lineage by name.',
  },
  E2D_DATA_DIR: {
    exit: 1,
    sentence: 'The data dir cannot be used.',
    remedy: 'Give a directory that the user e2d runs as owns and can write to.',
  },
  E2D_DISK_FULL: {
    exit: 1,
    sentence: 'There is no room on the disk for what is to be restored.',
    remedy: 'Make room: old data that was moved aside is one place.',
  },
  E2D_ETCD_BIN_DIR: {
    exit: 2,
    sentence: 'The directory of --etcd-bin-dir holds no etcd that e2d can run.',
    remedy: 'Name a directory with etcd and etcdctl 3.5 or 3.6, or leave --etcd-bin-dir out.',
  },
  E2D_ETCD_CACHE: {
    exit: 1,
    sentence: 'etcd cannot be written into the cache.',
    remedy: 'Name a directory that can be written to with --etcd-cache-dir.',
  },
  E2D_ETCD_CHECKSUM: {
    exit: 1,
    sentence: 'A downloaded archive of etcd is not the one that was released.',
    remedy: 'Try again; if it stays so, check --etcd-releases-url and what is in between.',
  },
  E2D_ETCD_FAILED: {
    exit: 1,
    sentence: 'The running etcd did not do what the command asked of it.',
    remedy: 'Check that it runs, has a quorum and is where the flags say.',
  },
  E2D_ETCD_NOT_FOUND: {
    exit: 1,
    sentence: 'There is no usable etcd, and none could be installed.',
    remedy: 'Install etcd and name its directory with --etcd-bin-dir, or name a mirror.',
  },
  E2D_ETCD_RELEASES_URL: {
    exit: 2,
    sentence: 'The mirror of etcd releases is not a web address.',
    remedy: 'Correct --etcd-releases-url, or leave it out.',
  },
  E2D_ETCD_START: {
    exit: 1,
    sentence: 'The program etcd could not be started.',
    remedy: 'Check that it is there, is executable and is built for this machine.',
  },
  E2D_ETCD_STUCK: {
    exit: 1,
    sentence: 'etcd did not end even when it was killed.',
    remedy: 'It most likely waits for a disk that does not answer; look at the kernel log.',
  },
  E2D_ETCD_VERSION: {
    exit: 2,
    sentence: 'That is not a version of etcd that e2d can run.',
    remedy: 'Give a version such as 3.6.14, or 3.6 for its newest patch.',
  },
  E2D_FAILED: {
    exit: 1,
    sentence: 'The node cannot go on.',
    remedy: 'Look at the lines before this one in the log.',
  },
  E2D_FOREIGN_ETCD: {
    exit: 1,
    sentence: 'The etcd that runs on the data dir is not the one of this node.',
    remedy: 'Stop it, or start e2d with the same --name.',
  },
  E2D_GOSSIP_KEY: {
    exit: 2,
    sentence: 'The gossip key file cannot be read, is open to others or holds no usable keys.',
    remedy: 'Make one with "e2d gossip-key generate", and give it mode 0600.',
  },
  E2D_IDENTITY_CHANGED: {
    exit: 2,
    sentence: 'The data dir belongs to a node with another name, address or cluster size.',
    remedy: 'Start it as before, or give a new node a data dir of its own.',
  },
  E2D_IDENTITY_UNREADABLE: {
    exit: 1,
    sentence: 'The file with the identity of the node cannot be read.',
    remedy: 'Restore it or move it aside, knowing which node this is.',
  },
  E2D_INTERRUPTED: {
    exit: 1,
    sentence: 'A signal ended the work before it was done.',
    remedy: 'Run the command again.',
  },
  E2D_LOG_DAMAGED: {
    exit: 2,
    sentence: 'A line of the event log is not what e2d wrote.',
    remedy: 'Copy the file again from the node, or leave that segment out.',
  },
  E2D_LOG_FOREIGN: {
    exit: 2,
    sentence: 'That file is no event log of e2d.',
    remedy: 'Give files, or a folder, from <state-dir>/events of a node.',
  },
  E2D_LOG_UNREADABLE: {
    exit: 2,
    sentence: 'The event log cannot be read.',
    remedy: 'Name a file or folder of <state-dir>/events that this user can read.',
  },
  E2D_LOG_VERSION: {
    exit: 2,
    sentence: 'The event log has a format that this version of e2d does not know.',
    remedy: 'Use the version of e2d that recorded it.',
  },
  E2D_MOVE_ASIDE: {
    exit: 1,
    sentence: 'Old data could not be moved aside.',
    remedy: 'Make sure that it lies on the file system of the data dir.',
  },
  E2D_NOT_AVAILABLE: {
    exit: 1,
    sentence: 'This version of e2d cannot do that yet.',
    remedy: 'Use a later version, or do without.',
  },
  E2D_NOT_CONFIRMED: {
    exit: 2,
    sentence: 'What needs a word of yours was not confirmed, so nothing was done.',
    remedy: 'Call the command again, or give --yes.',
  },
  E2D_NOT_RUNNING: {
    exit: 1,
    sentence: 'No e2d runs with this state dir.',
    remedy: 'Start it with "e2d run", or say where it keeps its data with --data-dir.',
  },
  E2D_NO_LINEAGE: {
    exit: 1,
    sentence: 'The cluster has no record of e2d, so its lineage is not known.',
    remedy: 'Use --output to save a plain file, or run the cluster with e2d.',
  },
  E2D_NO_PICTURE: {
    exit: 1,
    sentence: 'A picture of a chart is not among those that this e2d was delivered with.',
    remedy: 'Install e2d anew, or use --format mermaid, which needs no picture.',
  },
  E2D_NO_STORE: {
    exit: 1,
    sentence: 'No snapshot store is configured on the node.',
    remedy: 'Start e2d with --snapshot-backup-url.',
  },
  E2D_NO_SUCH_ENTRY: {
    exit: 2,
    sentence: 'The event logs hold no such entry or moment.',
    remedy: '"e2d replay --states FILE..." lists the moments at which the state changed.',
  },
  E2D_NO_TERMINAL: {
    exit: 2,
    sentence: 'What draws on a terminal and reads keys was started without one.',
    remedy: 'Run it in a terminal, or use the flag that does without.',
  },
  E2D_OUTPUT_FILE: {
    exit: 1,
    sentence: 'The file that was asked for cannot be written.',
    remedy: 'Name a file in a folder that this user can write to.',
  },
  E2D_PAGE_SERVER: {
    exit: 1,
    sentence: 'The page cannot be served on this machine.',
    remedy: 'Leave --port out to be given a port that can be used.',
  },
  ...pkiCodes,
  E2D_PLAYGROUND_FOLDER: {
    exit: 1,
    sentence: 'The folder for temporary files has too long a path for the sockets in it.',
    remedy: 'Set TMPDIR to a shorter one.',
  },
  E2D_PORT_TAKEN: {
    exit: 1,
    sentence: 'The port of the page is taken by another program.',
    remedy: 'Name a free one with --port, or leave --port out.',
  },
  E2D_REFUSED: {
    exit: 2,
    sentence: 'The configuration contradicts the cluster.',
    remedy: 'Start the node with what the cluster expects, or name another cluster.',
  },
  E2D_RESTORE_FAILED: {
    exit: 1,
    sentence: 'A snapshot could not be restored or checked here, which does not mean it is bad.',
    remedy: 'Remove the cause on this machine and try again.',
  },
  E2D_RESTORE_REFUSED: {
    exit: 1,
    sentence: 'The node or the cluster is not in a state in which that restore could be ordered.',
    remedy: 'Look at "e2d status"; nothing was done.',
  },
  E2D_RESTORE_UNFINISHED: {
    exit: 1,
    sentence: 'A restore that was ordered was not done when the time to watch it was over.',
    remedy: 'It goes on by itself: watch it with "e2d status" and "e2d inspect".',
  },
  E2D_ROTATION_OBSTRUCTED: {
    exit: 1,
    sentence: 'A file of this node does not follow the change of authorities.',
    remedy: 'Put it right as the sentence says; the node goes on by itself.',
  },
  E2D_ROTATION_REFUSED: {
    exit: 1,
    sentence: 'The authorities of the cluster are not changed, for not all is as it must be first.',
    remedy: 'Do what the sentence says, and run it again; docs/pki-rotation.md tells why.',
  },
  ...snapshotCodes,
  E2D_STATE_DIR: {
    exit: 1,
    sentence: 'The state dir, or something in it, belongs to another user.',
    remedy: 'Give e2d a --state-dir that is its own user’s alone.',
  },
  E2D_STORE_DENIED: {
    exit: 1,
    sentence: 'The snapshot store denies access.',
    remedy: 'Give e2d credentials, or ownership, that allow listing, reading and writing there.',
  },
  E2D_STORE_EXISTS: {
    exit: 1,
    sentence: 'An object is in the snapshot store already, and is not written over.',
    remedy: 'Another e2d has written it; nothing needs to be done.',
  },
  E2D_STORE_FAILED: {
    exit: 1,
    sentence: 'The snapshot store failed.',
    remedy: 'Look at the service or the disk of the store; e2d goes on trying.',
  },
  E2D_STORE_FULL: {
    exit: 1,
    sentence: 'The snapshot store has no space left.',
    remedy: 'Make space, or let fewer snapshots be kept.',
  },
  E2D_STORE_MISSING: {
    exit: 1,
    sentence: 'The bucket, folder or object is not there.',
    remedy: 'Correct --snapshot-backup-url, or make what it names.',
  },
  E2D_STORE_UNREACHABLE: {
    exit: 1,
    sentence: 'The snapshot store does not answer.',
    remedy: 'Check the address and the network; e2d goes on trying.',
  },
  E2D_TLS_FILE: {
    exit: 2,
    sentence: 'A TLS file cannot be used.',
    remedy: 'Name a PEM file that the user e2d runs as may read.',
  },
  E2D_TLS_MIGRATION: {
    exit: 2,
    sentence: 'This step of the migration to TLS would cut a member off from the others.',
    remedy: 'Take the steps in their order, each on every node before the next one.',
  },
  E2D_TLS_OUT_OF_DATE: {
    exit: 1,
    sentence: 'Certificates have run out or are not valid yet; all of them are listed.',
    remedy: 'Renew them with e2d pki renew, or set the clock; then start e2d again.',
  },
  E2D_TLS_REFUSED: {
    exit: 2,
    sentence: 'Certificates, keys or authorities do not fit together; all that is wrong is listed.',
    remedy: 'Do what stands behind the list; docs/tls.md tells which certificate must be how.',
  },
  E2D_UNKNOWN_COMMAND: {
    exit: 2,
    sentence: 'e2d has no such command.',
    remedy: '"e2d help" lists the commands.',
  },
  E2D_UNKNOWN_WORD: {
    exit: 2,
    sentence: 'There is nothing of that name to explain, or more than one thing.',
    remedy: '"e2d explain" lists all that can be explained.',
  },
  E2D_USER_EXISTS: {
    exit: 1,
    sentence: 'There is a user or a role of that name already.',
    remedy: 'Nothing was changed; look at it with etcdctl.',
  },
  E2D_WRONG_LINEAGE: {
    exit: 1,
    sentence: 'The cluster is of another lineage than the one that was to be written.',
    remedy: 'Nothing was written; look at "e2d status" and "e2d snapshot list".',
  },
};
