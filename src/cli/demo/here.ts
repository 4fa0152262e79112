/** The half of the demo that needs a kernel with BPF LSM: agent, containers, attempts. Tells all by events. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { constants, release } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Agent } from '#agent';
import { startAgent } from '#agent';
import { Failure } from '#base';
import { staticSource } from '#containers';
import type { Output } from '#outputs';
import type { Policy } from '#policy';
import { parsePolicy } from '#policy';
import { checkout } from '../checkout.ts';
import type { Attempt } from './builtin.ts';
import { attempts, builtinPolicy, builtinPolicyName } from './builtin.ts';
import type { DemoCommand, DemoImage } from './bundle.ts';
import { makeImage } from './bundle.ts';
import type { Announce, PreparedContainer } from './container.ts';
import { prepareContainer } from './container.ts';
import { complaintOf } from './expect.ts';
import type { DemoDocument, DemoPlan, Emit } from './stream.ts';

interface Stage {
  readonly plan: DemoPlan;
  readonly image: DemoImage;
  readonly agent: Agent;
  readonly announce: Announce;
  readonly emit: Emit;
  /** Documents that have come since this was called last. */
  readonly takeDocuments: () => Promise<readonly DemoDocument[]>;
}

/** Runs the plan on this host's own kernel. */
export async function runHere(plan: DemoPlan, emit: Emit): Promise<void> {
  const policies = readPolicies(plan.policies);
  using image = makeImage(join(checkout, 'build/demo-image'), plan.images, plan.runs, plan.shares);
  const arrived: DemoDocument[] = [];
  const source = staticSource();
  const began = performance.now();
  await using agent = await startAgent({
    policies,
    monitor: plan.monitor,
    sources: [source],
    outputs: [collector(arrived, emit)],
    pinFolder: null,
    log: (line) => process.stderr.write(`${line}\n`),
  });
  const status = await agent.status();
  const enforcingAfterMs = Math.round(performance.now() - began);
  const imageName = plan.facts.image ? `${plan.facts.image.fullName}:${plan.facts.image.tag}` : null;
  emit({ kind: 'ready', kernel: release(), mechanism: status.kernel.mechanism, image: imageName, enforcingAfterMs });
  const stage: Stage = {
    plan, image, agent, emit,
    announce: (container) => source.add(container),
    takeDocuments: async () => {
      await agent.settle();
      return arrived.splice(0);
    },
  };
  if (plan.shell) await runShell(stage);
  else if (plan.runs.length > 0) for (const file of plan.runs) await runFile(stage, file);
  else await runAttempts(stage);
  emit({ kind: 'end', counters: (await agent.status()).counters });
}

function readPolicies(files: readonly string[]): readonly Policy[] {
  const texts = files.length === 0 ? [[builtinPolicyName, builtinPolicy] as const] : files.map((file) => [file, readFileSync(file)] as const);
  return texts.map(([file, text]) => {
    const { policy } = parsePolicy(file, text);
    if (policy) return policy;
    throw new Failure('input', `${file} has errors`, { help: `run \`d4c policy check ${file}\`` });
  });
}

function collector(arrived: DemoDocument[], emit: Emit): Output {
  return {
    name: 'demo',
    write: async (batch) => {
      for (const { document } of batch) {
        arrived.push(document);
        emit({ kind: 'document', document });
      }
    },
    close: async () => undefined,
  };
}

/** A program of the user's, in a container of its own. */
async function runFile(stage: Stage, file: string): Promise<void> {
  using container = await prepare(stage, { file, args: [] }, isProgram(file) ? [] : ['/bin/sh']);
  const child = container.start();
  child.stdin.end();
  const [stdout, stderr, [exitCode, signal]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  await stage.takeDocuments();
  stage.emit({ kind: 'run', run: { file, exitCode: exitCode ?? 128 + constants.signals[signal as NodeJS.Signals], stdout, stderr } });
}

/** What the kernel can execute itself; all else is read by the shell, as a shell would have done. */
function isProgram(file: string): boolean {
  const start = readFileSync(file).subarray(0, 4);
  return start.subarray(0, 2).toString('latin1') === '#!' || start.toString('latin1') === '\x7fELF';
}

function prepare(stage: Stage, command: DemoCommand, interpreter: readonly string[] = []): Promise<PreparedContainer> {
  return prepareContainer(stage.image, { ...command, interpreter }, stage.plan.facts, stage.announce);
}

/** The built-in attempts, one after the other in one container. */
async function runAttempts(stage: Stage): Promise<void> {
  using container = await prepare(stage, { file: null, args: ['/bin/sh'] });
  const child = container.start();
  const closed = once(child, 'close');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  child.stderr.resume();
  const judged = stage.plan.policies.length === 0 && !stage.plan.monitor;
  for (const attempt of attempts) {
    stage.emit({ kind: 'attempt', title: attempt.title, command: attempt.command });
    const { exitCode, output } = await ask(child.stdin, lines, attempt);
    const documents = await stage.takeDocuments();
    stage.emit({ kind: 'run', run: { file: attempt.command, exitCode, stdout: output, stderr: '' } });
    const complaint = judged ? complaintOf(attempt.expected, exitCode, output, documents) : null;
    stage.emit({ kind: 'verdict', ok: complaint === null, complaint });
  }
  child.stdin.end();
  await closed;
}

/** Has the container's shell run a line, and reads what it prints up to a mark that comes after it. */
async function ask(stdin: NodeJS.WritableStream, lines: AsyncIterator<string>, attempt: Attempt): Promise<{ exitCode: number; output: string }> {
  const mark = `@@${Math.random().toString(36).slice(2)}`;
  stdin.write(`{ ${attempt.command}; } 2>&1 </dev/null; echo "${mark} $?"\n`);
  const output: string[] = [];
  for (;;) {
    const next = await lines.next();
    if (next.done) throw new Failure('internal', 'the demo container ended before its time', { help: output.join('\n') });
    if (next.value.startsWith(`${mark} `)) return { exitCode: Number(next.value.slice(mark.length + 1)), output: output.join('\n') };
    output.push(next.value);
  }
}

/** A shell of the user's; documents are told while it goes on. */
async function runShell(stage: Stage): Promise<void> {
  using container = await prepare(stage, { file: null, args: ['/bin/sh', '-i'] });
  const child = container.start();
  process.stdin.pipe(child.stdin);
  const show = (chunk: Buffer): void => stage.emit({ kind: 'shell', text: chunk.toString() });
  child.stdout.on('data', show);
  child.stderr.on('data', show);
  await once(child, 'close');
  process.stdin.unpipe(child.stdin).pause();
  await stage.takeDocuments();
}

async function text(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
