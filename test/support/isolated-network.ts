/** The playground's network, for tests that cut nodes off. Needs root, and `ip` of iproute2. */
export { IsolatedNetwork } from '../../src/playground/network.ts';
