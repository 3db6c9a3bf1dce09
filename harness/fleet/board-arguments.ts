/** Options of `npm run hil` that say something about all boards together, and whether a value follows. */
const aboutAll: Readonly<Record<string, boolean>> = {
  '--board': true,
  '--jobs': true,
  '--json': true,
  '--junit': true,
  '--report': true,
  '--github': false,
};

/** The command line of one board's run: what was asked for all, without what is about all of them together. */
export function boardArguments(args: readonly string[], name: string): string[] {
  const own: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const [option = ''] = (args[at] ?? '').split('=', 1);
    const hasValue = aboutAll[option];
    if (hasValue === undefined) own.push(args[at] ?? '');
    else if (hasValue && args[at] === option) at++;
  }
  return [...own, '--board', name];
}
