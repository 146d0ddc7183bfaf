/** `npm run build`: one bundled file, dist/node-agent.cjs, that needs nothing but Node.js. */
import { build } from 'esbuild'

await build({
  entryPoints: ['agent/main.ts'],
  outfile: 'dist/node-agent.cjs',
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  minify: true,
  keepNames: true,
  legalComments: 'none',
  logLevel: 'warning',
})
