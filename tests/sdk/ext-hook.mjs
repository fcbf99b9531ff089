// The SDK is published as ES modules that import each other without file
// extensions, which bundlers resolve and Node does not.
import { register } from 'node:module';

const hook = `
  import { existsSync, statSync } from 'node:fs';
  import { fileURLToPath } from 'node:url';

  export async function resolve(specifier, context, next) {
    if (specifier.startsWith('.') && context.parentURL?.includes('/node_modules/')) {
      const url = new URL(specifier, context.parentURL);
      const path = fileURLToPath(url);
      if (existsSync(path) && statSync(path).isDirectory()) return next(url.href + '/index.js', context);
      if (!existsSync(path) && existsSync(path + '.js')) return next(url.href + '.js', context);
    }
    return next(specifier, context);
  }`;

register('data:text/javascript,' + encodeURIComponent(hook));
