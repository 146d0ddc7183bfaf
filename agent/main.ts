#!/usr/bin/env node
/** Composition root: the only file with effects at import. The small processes come first, so that they load nothing else. */
async function start(): Promise<void> {
  const [, , command, rootfs] = process.argv
  if (command === 'helper') (await import('../collectors/host/helper.ts')).serveHelper(rootfs ?? '/')
  else if (command === 'inventory') await (await import('../collectors/inventory.ts')).printInventory()
  else await (await import('./commands/program.ts')).main(process.argv)
}

void start()

export {}
