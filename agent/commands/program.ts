import { Command, CommanderError } from 'commander'
import { ConfigError } from '../config/layers.ts'
import { CannotRun, UsageError } from '../failures.ts'
import { RecordingError } from '../record/frames.ts'
import { version } from '../version.ts'
import { EXIT } from './exit.ts'
import { withCommon, withOutput } from './options.ts'

function program(): Command {
  const root = new Command('node-agent')
  root.description('Which problems hold on this node, and who causes them').exitOverride().showSuggestionAfterError()
  root.version(version, '--version')
  const add = (name: string, description: string) => root.command(name).description(description).exitOverride()

  withCommon(add('run', 'watch this node and serve what holds (the daemon)')).action(async options =>
    (await import('./run.ts')).run(options),
  )
  withCommon(add('check', 'take two samples, print one report, exit 1 on a problem'))
    .option('--interval <duration>', 'time between the two samples', '5s')
    .action(async options => (await import('./check.ts')).check(options))
  withOutput(add('status', 'ask a running agent and show its report'))
    .option('--address <host:port>', 'HTTP address of the agent', '127.0.0.1:20900')
    .option('--watch', 'keep it live until interrupted')
    .option('--token-file <file>', 'file with the bearer token')
    .option('--ca-file <file>', 'CA of the agent in PEM; TLS is used when given')
    .option('--cert-file <file>', 'client certificate in PEM, where the agent demands one (mTLS)')
    .option('--key-file <file>', 'its private key in PEM')
    .action(async options => (await import('./status.ts')).status(options))
  withCommon(add('capture', 'record this host into a file that `replay` reads'))
    .option('--duration <duration>', 'how long', '5m')
    .option('--interval <duration>', 'time between two frames', '5s')
    .option('--file <path>', 'where to; - is stdout (default: ./node-agent-<node>-<UTC time>.capture)')
    .action(async options => (await import('./capture.ts')).capture(options))
  withCommon(add('replay', 'run the same pipeline over a capture: problems with start and end'))
    .argument('<path>', 'a capture file or a tree capture')
    .option('--reports <which>', 'all: every report, one a frame (json only)')
    .action(async (path, options) => (await import('./replay.ts')).replay(path, options))
  withCommon(add('rules', 'list the rules with their thresholds')).action(async options =>
    (await import('./rules.ts')).rules(options),
  )
  addConfig(add('config', 'check or print the configuration'))
  add('version', 'print the version').action(() => console.log(`node-agent ${version} (Node.js ${process.version})`))
  return root
}

function addConfig(config: Command): void {
  const add = (name: string, description: string) => config.command(name).description(description).exitOverride()
  add('check', 'validate a configuration file')
    .argument('<file>')
    .action(async file => (await import('./config.ts')).checkConfig(file))
  withCommon(add('print', 'show the effective configuration, each value with its origin')).action(async options =>
    (await import('./config.ts')).printConfig(options),
  )
}

/** Runs a command and turns what went wrong into one sentence on stderr and an exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  try {
    await program().parseAsync([...argv])
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? EXIT.fine : EXIT.usage
      return
    }
    const code = exitCodeOf(error)
    if (code === undefined) {
      // A bug of ours. Exit code 1 would say that a problem holds; and what was started must not keep the process.
      console.error(`node-agent: ${error instanceof Error ? error.message : error}\n${(error as Error).stack ?? ''}`)
      process.exit(EXIT.cannotRun)
    }
    console.error(`node-agent: ${(error as Error).message}`)
    process.exitCode = code
  }
}

function exitCodeOf(error: unknown): number | undefined {
  if (error instanceof ConfigError || error instanceof UsageError || error instanceof RecordingError) return EXIT.usage
  if (error instanceof CannotRun) return EXIT.cannotRun
  return undefined
}
