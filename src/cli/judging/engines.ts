import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type ContainerFacts, Failure } from '#base';
import type { Verdict } from '#compiler';
import type { Policy, PolicyEvent } from '#policy';
import { checkout } from '../checkout.ts';

export const engineNames = ['oracle', 'tables', 'native', 'bpf'] as const;
export type EngineName = (typeof engineNames)[number];

/** Says what policies decide of an event. */
export type Judge = (policies: readonly Policy[], facts: ContainerFacts, event: PolicyEvent) => Promise<Verdict> | Verdict;

/** The decision core built for this machine, if the checkout has been built. */
export const nativeProgram = join(checkout, 'build/native/d4c-decide');

export async function openEngine(name: EngineName): Promise<Judge> {
  switch (name) {
    case 'oracle':
      return (await import('#oracle')).judge;
    case 'tables': {
      const { openCompiler, decide } = await import('#compiler');
      const compilers = new WeakMap<readonly Policy[], ReturnType<typeof openCompiler>>();
      return (policies, facts, event) => {
        let compiler = compilers.get(policies);
        if (compiler === undefined) compilers.set(policies, (compiler = openCompiler(policies)));
        return decide(compiler.profile(facts).table, event);
      };
    }
    case 'native': {
      if (!existsSync(nativeProgram)) {
        throw new Failure('host', 'the decision core is not built for this machine', { help: 'run `npm run build` in a checkout' });
      }
      const { openNative } = await import('./native.ts');
      return openNative(nativeProgram);
    }
    case 'bpf':
      return (await import('./bpf.ts')).openBpf();
  }
}
