import { openFileStore } from './file-store.ts';
import type { OpenStore } from './object-store.ts';
import type { StoreSettings } from './store-settings.ts';
import { parseStoreUrl } from './store-url.ts';

/**
 * Opens the store at a URL. Rejects with `E2D_BAD_CONFIG` for a URL that leads to none; whether the
 * store is there shows only when it is used, so that one that is down can be waited for.
 */
export async function openStore(url: string, settings: StoreSettings): Promise<OpenStore> {
  const location = parseStoreUrl(url);
  if (location.kind === 'file') return openFileStore(location.path);
  // The AWS SDK is large: it is loaded by those who need it.
  const { openS3Store } = await import('./s3-store.ts');
  return openS3Store(location, settings.s3);
}
