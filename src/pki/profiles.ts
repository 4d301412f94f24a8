/** What a certificate is for: etcd's client port, its peer port, or a client of etcd. */
export const profiles = ['server', 'peer', 'client'] as const;
export type Profile = (typeof profiles)[number];

/** The extended key usages of TLS. */
export const usageOids = {
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const;

/** Members are servers and clients of one another. */
export const usagesOf: Readonly<Record<Profile, readonly string[]>> = {
  server: [usageOids.serverAuth],
  peer: [usageOids.serverAuth, usageOids.clientAuth],
  client: [usageOids.clientAuth],
};

/** The common names that the first e2d gave. */
export const defaultCommonNames: Readonly<Record<Profile, string>> = {
  server: 'etcd server',
  peer: 'etcd peer',
  client: 'etcd client',
};

/** What members of these organizations may do where e2d is asked from afar. */
export const roleOrganizations = { viewer: 'e2d:viewers', operator: 'e2d:operators' } as const;
