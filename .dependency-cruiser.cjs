/** The rooms and who may import whom: cli -> node -> adapters -> pure core. */
const rooms = ['gossip', 'etcd', 'control', 'journal', 'snapshots', 'visualize', 'inspect-page', 'pki'];

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'machines-are-pure',
      comment: 'machines/ imports xstate and itself: no I/O, clocks, randomness or loggers.',
      severity: 'error',
      from: { path: '^machines/' },
      to: { pathNot: '^machines/|^node_modules/xstate/' },
    },
    {
      name: 'gossip-knows-no-etcd',
      severity: 'error',
      from: { path: '^src/gossip/' },
      to: { path: '^(machines/|src/(?!gossip/))' },
    },
    {
      name: 'rooms-do-not-import-one-another',
      comment: 'What rooms share is a type in machines/ or a port given by src/node.',
      severity: 'error',
      from: { path: `^src/(${rooms.join('|')})/` },
      to: { path: `^src/(?!$1/|errors/)` },
    },
    {
      name: 'only-cli-and-node-compose',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(cli|node|simulation|playground)/' },
      to: { path: '^src/(cli|node|simulation|playground)/' },
    },
    {
      name: 'node-does-not-know-its-users',
      comment: 'cli, simulation and playground run nodes; nodes know nothing of them.',
      severity: 'error',
      from: { path: '^src/(node|simulation|playground)/' },
      to: { path: '^src/(cli|playground|simulation)/', pathNot: '^src/$1/' },
    },
    {
      name: 'errors-are-a-leaf',
      severity: 'error',
      from: { path: '^src/errors/' },
      to: { path: '^(src/(?!errors/)|machines/)' },
    },
    {
      name: 'terminal-is-a-leaf',
      comment: 'What cli and playground draw with.',
      severity: 'error',
      from: { path: '^src/terminal/' },
      to: { path: '^(src/(?!terminal/|errors/)|machines/)' },
    },
    { name: 'cac-only-in-cli', severity: 'error', from: { pathNot: '^src/cli/' }, to: { path: '^node_modules/cac/' } },
    { name: 'etcd3-only-in-etcd', severity: 'error', from: { pathNot: '^(src/etcd|test|bench)/' }, to: { path: '^node_modules/etcd3/' } },
    { name: 'aws-only-in-stores', severity: 'error', from: { pathNot: '^(src/snapshots/store|test|bench)/' }, to: { path: '^node_modules/@(aws-sdk|smithy)/' } },
    { name: 'x509-only-in-pki', severity: 'error', from: { pathNot: '^src/pki/' }, to: { path: '^node_modules/(pkijs|asn1js)/' } },
    { name: 'pino-only-in-log', severity: 'error', from: { pathNot: '^(src/log|test|bench)/' }, to: { path: '^node_modules/pino(-pretty)?/' } },
    {
      name: 'no-developer-tool-at-run-time',
      comment: 'Pictures are drawn by `npm run visualize`; the product is installed without what that needs.',
      severity: 'error',
      from: { path: '^(src|machines)/', pathNot: '^src/visualize/(svg|files|write)\\.ts$' },
      to: { dependencyTypes: ['npm-dev'] },
    },
    {
      name: 'pictures-are-not-drawn-at-run-time',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/visualize/(files|write)\\.ts$' },
      to: { path: '^src/visualize/(svg|files|write)\\.ts$' },
    },
    { name: 'product-does-not-import-tests', severity: 'error', from: { path: '^(src|machines)/' }, to: { path: '^(test|bench)/' } },
    { name: 'not-to-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default', 'types'], extensions: ['.ts', '.js', '.json'] },
  },
};
