/** The events of a demo as text for a person. */
import { styleText } from 'node:util';
import { attempts, builtinPolicy } from './builtin.ts';
import { field, isDenied } from './expect.ts';
import type { DemoDocument, DemoEvent, DemoPlan } from './stream.ts';

type Style = Parameters<typeof styleText>[0];

export interface Printer {
  (event: DemoEvent): void;
}

/** Prints to standard output as events come. `where` says whose kernel it is: "in a virtual machine", "on this host". */
export function makePrinter(plan: DemoPlan, where: string, write: (text: string) => void): Printer {
  let number = 0;
  let good = 0;
  let judged = 0;
  let documents = 0;
  const paint = (style: Style, text: string): string => styleText(style, text, { stream: process.stdout });
  return (event) => {
    switch (event.kind) {
      case 'ready':
        write(intro(plan, event, where, paint));
        break;
      case 'attempt':
        number++;
        write(`\n${paint('bold', `${number} of ${attempts.length}  ${event.title}`)}\n   $ ${event.command}\n`);
        break;
      case 'run':
        write(plan.runs.length > 0 ? ended(event.run.file, event.run, paint) : answer(event.run, paint));
        break;
      case 'document':
        documents++;
        write(alertLines(event.document, paint));
        break;
      case 'verdict':
        judged++;
        if (event.ok) good++;
        write(event.ok ? `   ${paint('green', '✓ as expected')}\n` : `   ${paint('red', `✗ ${event.complaint}`)}\n`);
        break;
      case 'shell':
        write(event.text);
        break;
      case 'end':
        write(summary(judged, good, documents, event.counters, paint));
        break;
      case 'failure':
        break;
    }
  };
}

type Paint = (style: Style, text: string) => string;

function intro(plan: DemoPlan, event: Extract<DemoEvent, { kind: 'ready' }>, where: string, paint: Paint): string {
  const names = plan.policies.length > 0 ? plan.policies.join(', ') : 'the built-in policy';
  const mode = plan.monitor ? ', in mode monitor: nothing is blocked' : '';
  const policy = plan.policies.length > 0 ? '' : `\n${paint('dim', builtinPolicy.replace(/^/gm, '  │ ').trimEnd())}\n`;
  const seconds = (event.enforcingAfterMs / 1000).toFixed(1);
  return (
    `${paint('bold', 'D4C')} on kernel ${event.kernel} ${where}, a container of ${event.image ?? 'no known image'} under ${names}${mode}\n` +
    `enforcing by ${event.mechanism} after ${seconds} s\n${policy}`
  );
}

function answer(run: { exitCode: number; stdout: string }, paint: Paint): string {
  const shown = run.stdout === '' ? '' : `${run.stdout.replace(/^/gm, '   ')}\n`;
  const verdict = run.exitCode === 0 ? 'let through' : `exit status ${run.exitCode}`;
  return `${shown}   ${paint('dim', verdict)}\n`;
}

function ended(file: string, run: { exitCode: number; stdout: string; stderr: string }, paint: Paint): string {
  const streams = [run.stdout, run.stderr].filter((text) => text !== '').map((text) => `${text.trimEnd().replace(/^/gm, '   ')}\n`);
  return `\n${paint('bold', file)}\n${streams.join('')}   ${paint('dim', `exit status ${run.exitCode}`)}\n`;
}

function alertLines(document: DemoDocument, paint: Paint): string {
  const denied = isDenied(document);
  const time = String(field(document, '@timestamp')).slice(11, 23);
  const kind = field(document, 'event.kind') === 'alert' ? 'alert' : 'event';
  const head = paint(denied ? 'red' : 'yellow', `${kind}${denied ? ', denied' : ''}`);
  return `   ${paint('dim', time)} ${head}: ${String(field(document, 'message'))}\n`;
}

function summary(judged: number, good: number, documents: number, counters: Readonly<Record<string, unknown>>, paint: Paint): string {
  const count = `${documents} ${documents === 1 ? 'document' : 'documents'}`;
  const lost = Object.values((counters['lost'] ?? {}) as Record<string, number>).reduce((sum, n) => sum + Number(n), 0);
  const losses = lost === 0 ? 'none lost' : paint('red', `${lost} lost`);
  const denied = `${Number(counters['denied'] ?? 0)} denied by the kernel`;
  if (judged === 0) return `\n${count}, ${denied}, ${losses}\n`;
  const all = good === judged;
  const verdict = paint(all ? 'green' : 'red', `${good} of ${judged} attempts went as they must`);
  const next = all ? '\nyour own: npm start -s -- --policy FILE --run SCRIPT   a shell: npm start -s -- --shell   as data: npm start -s -- --json\n' : '\n';
  return `\n${verdict}; ${count}, ${denied}, ${losses}${next}`;
}
