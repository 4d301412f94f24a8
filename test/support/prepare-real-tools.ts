/** Runs once before the tests that need real programs. */
export default function prepareRealTools(): void {}
