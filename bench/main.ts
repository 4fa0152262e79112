/** `npm run bench -- NAME`: measures, and says whether targets are met. Exit status 1 if one is missed. */
const benches: Readonly<Record<string, () => Promise<{ run: (options: readonly string[]) => Promise<boolean> }>>> = {
  compile: () => import('./compile.ts'),
  decide: () => import('./decide.ts'),
  hooks: () => import('./hooks.ts'),
};

const [name = '', ...options] = process.argv.slice(2);
const load = benches[name];
if (load === undefined) {
  process.stderr.write(`there is no benchmark \`${name}\`; known are ${Object.keys(benches).map((one) => `\`${one}\``).join(', ')}\n`);
  process.exitCode = 2;
} else {
  process.exitCode = (await (await load()).run(options)) ? 0 : 1;
}
