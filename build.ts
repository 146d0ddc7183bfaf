/** `npm run build`: one bundled file, dist/node-agent.cjs, that needs nothing but Node.js. */
import { type BuildOptions, build } from 'esbuild'

const options = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
} as const satisfies BuildOptions

// The helper's few lines travel inside as text: a helper that loaded the whole bundle would hold 25 MB instead of 9.
const helper = await build({
  ...options,
  stdin: {
    contents: "import { serveHelper } from './collectors/host/helper.ts'; serveHelper(process.argv.at(-1))",
    resolveDir: '.',
  },
  write: false,
})

await build({
  ...options,
  entryPoints: ['agent/main.ts'],
  outfile: 'dist/node-agent.cjs',
  keepNames: true,
  define: { HELPER_SOURCE: JSON.stringify(helper.outputFiles[0]!.text) },
})
