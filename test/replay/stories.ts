/** What each story in `recordings/` shows, as its recordings' test holds it to. */
export const stories = {
  bootstrap:
    'Three blank nodes meet, agree on one plan and form a cluster; then all are stopped in order.',
  'power-cycle':
    'All three nodes are killed at once, with their etcd, and started again: each restarts from its own data, and no store is asked.',
  'lost-disk':
    'The leader is killed and loses its disk: it comes back blank, replaces its own dead member, and is a voter again under another member id.',
  partition:
    'The leader is cut off for less than the time-out: the majority elects another, nobody changes the member list, and all goes on when the network heals.',
  'long-partition':
    'The leader is cut off for longer than the time-out: the other two remove it; when the network heals it moves its data aside and joins as a new member.',
  replacement:
    'A node is gone for good: after the time-out it is removed, and a node at a new address joins in its place.',
  paused:
    'The leader and its etcd are frozen for less than the time-out, as a virtual machine that is moved: it doubts itself first, and nobody is removed.',
  'etcd-killed':
    'The etcd of one node is killed: its e2d starts it again from the same data, as the same member.',
  'e2d-killed':
    'One e2d is killed and started again: it adopts the etcd that ran on without it, and starts none.',
  'total-loss':
    'All three nodes lose their disks: they agree on one snapshot of the store, each restores that very file, and the cluster goes on as a new lineage.',
} as const;

export type StoryName = keyof typeof stories;

export const storyNames = Object.keys(stories) as readonly StoryName[];
